"""Cards of Wan models, from the configuration files of their folders, without torch."""

import hashlib
import json
import re
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

from kinoform.models.card import ClipLimits, ModelCard, VideoCard

TEXT_TOKENS = 512
DEFAULT_FRAMES = 81
DEFAULT_SIZE = (832, 480)
FRAME_RATE = Fraction(16)
STEPS = 50
GUIDANCE = 5.0
MAX_FRAMES = 161
MAX_SIDE = 1280

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def wan_card(name: str, source: str) -> VideoCard:
    """The card of a folder in diffusers' layout, or of a hub id by Wan 2.1's published settings.

    Raises:
        OSError, KeyError, ValueError: `source` is neither, or no text-to-video Wan model.
    """
    folder = Path(source)
    if not folder.is_dir():
        if not _HUB_ID.fullmatch(source):
            raise ValueError("neither a folder nor a hub id")
        return _card(name, source, "main", {}, {})
    kind = _read(folder / "model_index.json")["_class_name"]
    if kind != "WanPipeline":
        raise ValueError(f"model_index.json names {kind}, wanted WanPipeline")
    transformer, vae = (_read(folder / part / "config.json") for part in ("transformer", "vae"))
    return _card(name, source, _version(folder), transformer, vae)


def _card(name: str, source: str, version: str, transformer: dict[str, Any], vae: dict[str, Any]) -> VideoCard:
    official = source.startswith("Wan-AI/")
    return ModelCard(
        name=name,
        display_name=name,
        family="wan",
        version=version,
        description=f"Wan text to video, from {source}",
        license="Apache-2.0" if official else "NOASSERTION",
        limits=("Takes no picture.", "Batched with other requests its frames may differ in the last bit."),
        ranges=_limits(transformer, vae),
        batch_exact=False,
        image_input=False,
        details={"source": source},
    )


def _limits(transformer: dict[str, Any], vae: dict[str, Any]) -> ClipLimits:
    """Positions end at `rope_max_seq_len` patches along each axis; what the files leave out is Wan 2.1's."""
    patch_length, patch_height, patch_width = transformer.get("patch_size", (1, 2, 2))
    temporal, spatial = vae.get("scale_factor_temporal", 4), vae.get("scale_factor_spatial", 8)
    places = transformer.get("rope_max_seq_len", 1024)
    # WanPipeline itself asks for multiples of 16
    step = lcm(16, spatial * patch_height, spatial * patch_width)
    side = min(MAX_SIDE, places * spatial * min(patch_height, patch_width)) // step * step
    frames = min(MAX_FRAMES, (places * patch_length - 1) * temporal + 1)
    return ClipLimits(
        min_frames=1,
        max_frames=frames,
        frames_step=temporal * patch_length,
        default_frames=min(DEFAULT_FRAMES, frames),
        min_size=(step, step),
        max_size=(side, side),
        size_step=step,
        default_size=(min(DEFAULT_SIZE[0], side) // step * step, min(DEFAULT_SIZE[1], side) // step * step),
        default_frame_rate=FRAME_RATE,
        default_steps=STEPS,
        default_guidance=GUIDANCE,
        text_tokens=TEXT_TOKENS,
    )


def _version(folder: Path) -> str:
    """Changes with any configuration file and with the name or size of any weights file."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            digest.update(path.read_bytes())
        elif path.suffix in {".safetensors", ".bin"}:
            digest.update(f"{path.relative_to(folder)} {path.stat().st_size}".encode())
    return digest.hexdigest()[:12]


def _read(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text())
    return values
