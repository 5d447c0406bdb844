"""A form-mini folder on disk: three networks."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from kinoform.backbone.attention import use_attention
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.backbone.field_autoencoder import FieldAutoencoder
from kinoform.engine.errors import ModelError
from kinoform.models.form_mini.eye import Eye

PARTS = ("autoencoder", "eye", "denoiser")


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Everything of a form-mini that was trained, in float32."""

    autoencoder: FieldAutoencoder
    eye: Eye
    """Picture to image tokens."""
    denoiser: VideoDenoiser
    """Text and image tokens to a solid's latent."""
    fingerprint: str
    """Changes with the weights, so that a checkpoint is never resumed on others."""

    def __post_init__(self) -> None:
        wanted = (self.autoencoder.config.latent_channels, self.eye.config.image_dim)
        found = (self.denoiser.config.channels, self.denoiser.config.image_dim)
        if found != wanted:
            raise ModelError("denoiser", f"(channels, image_dim) must be {wanted}, got {found}")


def load_networks(folder: Path, device: torch.device, attention: str) -> Networks:
    """Reads `folder`: autoencoder/, eye/ and denoiser/.

    Raises:
        WeightsMissing: a part is not there.
        ModelError: the parts do not fit together.
        AttentionUnavailable: the attention backend does not run here.
    """
    paths = {part: _part(folder, part) for part in PARTS}
    denoiser = VideoDenoiser.from_pretrained(paths["denoiser"], torch_dtype=torch.float32).to(device).eval()
    use_attention(denoiser, attention, device, torch.float32)
    autoencoder = FieldAutoencoder.from_pretrained(paths["autoencoder"], torch_dtype=torch.float32)
    eye = Eye.from_pretrained(paths["eye"], torch_dtype=torch.float32)
    return Networks(
        autoencoder=autoencoder.to(device).eval(),
        eye=eye.to(device).eval(),
        denoiser=denoiser,
        fingerprint=_fingerprint(paths.values()),
    )


def _part(folder: Path, part: str) -> Path:
    path = folder / part
    if not (path / "config.json").is_file():
        raise WeightsMissing(str(path / "config.json"), f"a form-mini folder holds {', '.join(PARTS)}")
    return path


def _fingerprint(folders: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in (file for folder in folders for file in sorted(folder.glob("*.safetensors"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
