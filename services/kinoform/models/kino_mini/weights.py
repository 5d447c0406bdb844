"""A kino-mini folder on disk: three networks, or the low-rank changes that make another model of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from kinoform.backbone.attention import use_attention
from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.control import ControlBranch
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import ModelError
from kinoform.models.card import read_card
from kinoform.models.kino_mini.control import Controls, control_files, load_controls
from kinoform.models.kino_mini.lora import merge
from kinoform.models.kino_mini.places import PLACE_CHANNELS
from kinoform.models.kino_mini.planner import MotionPlanner
from kinoform.models.kino_mini.state import Stage

PARTS = ("autoencoder", "keyframe", "planner", "denoiser")
CONTROL = "control"
LORAS = {"keyframe": "keyframe_lora.safetensors", "denoiser": "denoiser_lora.safetensors"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Everything of a kino-mini that was trained, in float32."""

    autoencoder: VideoAutoencoder
    keyframe: VideoDenoiser
    """Text and place to the first frame's latent."""
    planner: MotionPlanner
    """Text and first frame to how the actor moves."""
    denoiser: VideoDenoiser
    """Text and moved first frame to the clip's latent."""
    controls: Controls | None = None
    """None in a model that follows no maps and no given pixels but its first frame's."""
    fingerprint: str
    """Changes with the weights, so that a checkpoint is never resumed on others."""

    def __post_init__(self) -> None:
        channels = self.autoencoder.config.latent_channels
        for name, network, wanted in (
            ("keyframe", self.keyframe, PLACE_CHANNELS),
            ("denoiser", self.denoiser, 2 * channels),
        ):
            found = (network.config.channels, network.config.cond_channels)
            if found != (channels, wanted):
                raise ModelError(name, f"(channels, cond_channels) must be {(channels, wanted)}, got {found}")
        if self.controls is not None:
            self.controls.check("keyframe", self.keyframe)
            self.controls.check("clip", self.denoiser)

    def of(self, stage: Stage) -> VideoDenoiser:
        """A stage's denoiser."""
        return self.keyframe if stage == "keyframe" else self.denoiser

    def branch_of(self, stage: Stage) -> ControlBranch | None:
        """A stage's control branch."""
        return None if self.controls is None else self.controls.of(stage)


def load_networks(folder: Path, device: torch.device, attention: str) -> Networks:
    """Reads `folder`: autoencoder/, keyframe/, planner/, denoiser/, or LoRA files over the sibling that the card names.

    control/ is read where it is there. A LoRA folder's card.json has the base folder's name in `details["base"]`.

    Raises:
        WeightsMissing: a part, a LoRA file, its card's `base`, or that folder is not there.
        LoraMismatch: the LoRA files were made for other weights.
        ModelError: the parts do not fit together.
        AttentionUnavailable: the attention backend does not run here.
    """
    changes = {part: folder / file for part, file in LORAS.items()}
    adapted = any(file.is_file() for file in changes.values())
    base = _base(folder, list(changes.values())) if adapted else folder
    paths = {part: _part(base, part) for part in PARTS}
    autoencoder = VideoAutoencoder.from_pretrained(paths["autoencoder"], torch_dtype=torch.float32)
    planner = MotionPlanner.from_pretrained(paths["planner"], torch_dtype=torch.float32)
    denoisers = {part: VideoDenoiser.from_pretrained(paths[part], torch_dtype=torch.float32) for part in LORAS}
    for part, network in denoisers.items():
        if adapted:
            merge(network, changes[part])
        network.to(device).eval()
        use_attention(network, attention, device, torch.float32)
    weights = [file for part in PARTS for file in sorted(paths[part].glob("*.safetensors"))]
    weights += control_files(base / CONTROL)
    return Networks(
        autoencoder=autoencoder.to(device).eval(),
        keyframe=denoisers["keyframe"],
        planner=planner.to(device).eval(),
        denoiser=denoisers["denoiser"],
        controls=load_controls(base / CONTROL, device),
        fingerprint=_fingerprint(weights + (list(changes.values()) if adapted else [])),
    )


def _base(folder: Path, changes: Sequence[Path]) -> Path:
    for file in (*changes, folder / "card.json"):
        if not file.is_file():
            raise WeightsMissing(str(file), f"a kino-mini LoRA folder holds card.json, {', '.join(LORAS.values())}")
    name = read_card(folder / "card.json").details.get("base")
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise WeightsMissing(f"details.base of {folder / 'card.json'}", "it names the folder beside that is changed")
    base = folder.parent / name
    if not base.is_dir():
        raise WeightsMissing(str(base), f"{folder.name} changes the weights of {name}, which stand beside it")
    return base


def _part(folder: Path, part: str) -> Path:
    path = folder / part
    if not (path / "config.json").is_file():
        raise WeightsMissing(
            str(path / "config.json"), "a kino-mini folder holds autoencoder/, keyframe/, planner/ and denoiser/"
        )
    return path


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
