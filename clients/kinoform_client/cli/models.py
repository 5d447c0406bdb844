"""`kinoform models`."""

from typing import Annotated, Any

import typer

from kinoform_client.cli.session import print_json, print_lines, session
from kinoform_client.types import Model


def models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Each model's whole card, one JSON object a line.")] = False,
) -> None:
    """Show the models the server offers, with their vocabulary and limits."""
    with session(context).client() as client:
        found = client.models.list()
    for model in found:
        if as_json:
            print_json(dict(model.card) | {"name": model.name, "is_default": model.is_default})
        else:
            print_lines(*_lines(model))


def _lines(model: Model) -> list[str]:
    clip = model.clip
    width, height = clip.default_size
    lines = [
        f"{model.name}{' (default)' if model.is_default else ''}: {model.display_name}, version {model.version}",
        f"  {model.description}",
        f"  licence {model.license}; takes text{' and a picture' if model.image_input else ''}",
        f"  {clip.min_frames} to {clip.max_frames} frames ({clip.default_frames}), {width}×{height} pixels, "
        f"{clip.default_frame_rate} frames/s, {clip.default_steps} steps, guidance {clip.default_guidance:g}",
    ]
    lines += [f"  limit: {limit}" for limit in model.limits]
    vocabulary: dict[str, Any] = model.card.get("vocabulary") or {}
    lines += [f"  {kind}: {', '.join(phrases)}" for kind, phrases in vocabulary.items()]
    return lines
