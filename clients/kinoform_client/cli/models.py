"""`kinoform models`."""

from typing import Annotated, Any

import typer

from kinoform_client.cli.session import print_json, print_lines, session
from kinoform_client.types import ClipLimits, MaterialLimits, MeshLimits, Model


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
    lines = [
        f"{model.name} ({model.kind}{', default' if model.is_default else ''}): {model.display_name}, "
        f"version {model.version}",
        f"  {model.description}",
        f"  licence {model.license}; takes text{' and a picture' if model.image_input else ''}",
    ]
    lines += [f"  conditions: {', '.join(model.conditions)}"] if model.conditions else []
    lines += [f"  {each}" for each in (_clip(model.clip), _mesh(model.mesh), _material(model.material)) if each]
    lines += [f"  limit: {limit}" for limit in model.limits]
    vocabulary: dict[str, Any] = model.card.get("vocabulary") or {}
    lines += [f"  {kind}: {', '.join(phrases)}" for kind, phrases in vocabulary.items() if phrases]
    return lines


def _clip(clip: ClipLimits | None) -> str:
    if clip is None:
        return ""
    width, height = clip.default_size
    return (
        f"{clip.min_frames} to {clip.max_frames} frames ({clip.default_frames}), {width}×{height} pixels, "
        f"{clip.default_frame_rate} frames/s, {clip.default_steps} steps, guidance {clip.default_guidance:g}"
    )


def _mesh(mesh: MeshLimits | None) -> str:
    if mesh is None:
        return ""
    return (
        f"surfaces of {mesh.min_resolution} to {mesh.max_resolution} samples a side ({mesh.default_resolution}), "
        f"{mesh.default_triangles} triangles, textures of {mesh.default_texture_size} pixels, "
        f"{mesh.default_steps} steps, guidance {mesh.default_guidance:g}"
    )


def _material(material: MaterialLimits | None) -> str:
    if material is None:
        return ""
    sizes = ", ".join(map(str, material.sizes))
    return (
        f"maps of {sizes} pixels ({material.default_size}), {material.default_steps} steps, "
        f"guidance {material.default_guidance:g}"
    )
