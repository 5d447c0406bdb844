"""A grain-mini folder on disk: the codec, the denoiser and its refiner."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from kinoform.backbone.attention import use_attention
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import ModelError
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.refiner import LatentRefiner
from kinoform.models.grain_mini.windows import PHASE_CHANNELS, TOKEN

PARTS = ("autoencoder", "denoiser", "refiner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Everything of a grain-mini that was trained, in float32."""

    autoencoder: MaterialAutoencoder
    denoiser: VideoDenoiser
    """Text and place in the unit to a window's latent."""
    refiner: LatentRefiner
    """From a whole tile as the denoiser foresees it to what goes on across the borders of tokens and windows."""
    fingerprint: str
    """Changes with the weights, so that a checkpoint is never resumed on others."""

    def __post_init__(self) -> None:
        config = self.denoiser.config
        found = (config.channels, config.cond_channels, tuple(config.patch))
        wanted = (self.autoencoder.config.latent_channels, PHASE_CHANNELS, (1, TOKEN, TOKEN))
        if found != wanted:
            raise ModelError("denoiser", f"(channels, cond_channels, patch) must be {wanted}, got {found}")
        if self.refiner.config.channels != config.channels:
            raise ModelError("refiner", f"channels must be {config.channels}, got {self.refiner.config.channels}")


def load_networks(folder: Path, device: torch.device, attention: str) -> Networks:
    """Reads `folder`: autoencoder/, denoiser/ and refiner/.

    Raises:
        WeightsMissing: a part is not there.
        ModelError: the parts do not fit together.
        AttentionUnavailable: the attention backend does not run here.
    """
    paths = [folder / part for part in PARTS]
    for path in paths:
        if not (path / "config.json").is_file():
            raise WeightsMissing(str(path / "config.json"), f"a grain-mini folder holds {', '.join(PARTS)}")
    autoencoder = MaterialAutoencoder.from_pretrained(paths[0], torch_dtype=torch.float32)
    denoiser = VideoDenoiser.from_pretrained(paths[1], torch_dtype=torch.float32)
    refiner = LatentRefiner.from_pretrained(paths[2], torch_dtype=torch.float32)
    denoiser.to(device).eval()
    use_attention(denoiser, attention, device, torch.float32)
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.glob("*.safetensors")):
            digest.update(file.read_bytes())
    return Networks(
        autoencoder=autoencoder.to(device).eval(),
        denoiser=denoiser,
        refiner=refiner.to(device).eval(),
        fingerprint=digest.hexdigest()[:16],
    )
