"""What the denoiser trains on, computed once: latents of all tiles and token states of all captions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinoform.backbone.text import TextEncoder
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.training.grain import codec
from kinoform.training.grain.dataset import captions_of, shard_paths

TEXT_TOKENS = 20
"""Captions of the grammar are shorter."""
STATISTICS_TILES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """All of it in memory; n tiles of one unit, m larger ones, u different captions."""

    tiles: Tensor
    """(n, c, 32, 32) float16, normalised."""
    large: Tensor
    """(m, c, 64, 64) float16."""
    lines: Tensor
    """(n + m, CAPTIONS) int64: each tile's captions, the larger tiles' after the others'."""
    states: Tensor
    """(u, TEXT_TOKENS, d) float16."""
    mask: Tensor
    """(u, TEXT_TOKENS) bool."""


def freeze_codec(folder: Path) -> None:
    """Writes folder/autoencoder: codec.pt's averaged weights, with the latents' mean and deviation measured."""
    model = codec.load(folder / "codec.pt").to(torch.bfloat16).float()  # as it will ship
    paths = shard_paths(folder, "tile")
    tiles = np.concatenate([np.load(path, mmap_mode="r")[:: max(len(paths) // 4, 1)] for path in paths])
    with torch.no_grad():
        latents = torch.cat([model.encode(as_planes(part)) for part in np.array_split(tiles[:STATISTICS_TILES], 16)])
    model.register_to_config(
        latents_mean=tuple(latents.mean(dim=(0, 2, 3)).tolist()), latents_std=tuple(latents.std(dim=(0, 2, 3)).tolist())
    )
    model.save_pretrained(folder / "autoencoder")


def write_cache(folder: Path) -> None:
    """Encodes every finished shard and every caption into folder/latents.pt."""
    model = MaterialAutoencoder.from_pretrained(folder / "autoencoder", torch_dtype=torch.float32)
    tiles, large = (_encoded(model, shard_paths(folder, kind)) for kind in ("tile", "large"))
    shards = [shard for kind in ("tile", "large") for shard in shard_paths(folder, kind)]
    captions = [captions for shard in shards for captions in captions_of(shard)]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(text for row in captions for text in row))}
    states, mask = text_states(list(numbers))
    lines = torch.tensor([[numbers[text] for text in row] for row in captions])
    parts = {"tiles": tiles, "large": large, "lines": lines, "states": states, "mask": mask}
    torch.save(parts, folder / "latents.pt")


def read_cache(folder: Path) -> Cache:
    """What `write_cache` wrote."""
    return Cache(**torch.load(folder / "latents.pt", weights_only=True))


def text_states(captions: list[str]) -> tuple[Tensor, Tensor]:
    """Token states (u, TEXT_TOKENS, d) float16 and their mask (u, TEXT_TOKENS)."""
    encoder = TextEncoder.installed()
    encoded = [encoder.encode(caption) for caption in captions]
    states = torch.stack([text.states[:TEXT_TOKENS].half() for text in encoded])
    return states, torch.stack([text.mask[:TEXT_TOKENS] for text in encoded])


def as_planes(levels: np.ndarray) -> Tensor:
    """Tiles (k, 6, n, n) float32 in [-1, 1] of levels uint8."""
    return torch.from_numpy(np.ascontiguousarray(levels)).float() / 127.5 - 1


@torch.no_grad()
def _encoded(model: MaterialAutoencoder, paths: list[Path]) -> Tensor:
    rows = [
        model.encode(as_planes(part)).half()
        for path in paths
        for part in np.array_split(np.load(path), max(len(np.load(path, mmap_mode="r")) // 4, 1))
    ]
    return torch.cat(rows)
