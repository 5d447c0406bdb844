"""What the denoiser trains on: the latents of all training solids, their captions' token states, and their views."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kinoform.backbone.field_autoencoder import FieldAutoencoder
from kinoform.backbone.text import TextEncoder
from kinoform.training.form import codec
from kinoform.training.form.samples import floats
from kinoform.training.form.shards import Shard, read_shards
from kinoform.training.latents import save_whole

TEXT_TOKENS = 24
"""No caption of the grammar is longer; the model is told by a mask, so serving may pad further."""
STATISTICS_SOLIDS = 2000
SIZE_EPOCHS = 40
SIZE_NOISE = 0.2
"""Deviation of the noise on latents that sizes are learnt from: generated ones are not exact."""
ENCODED_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """n solids."""

    latents: Tensor
    """(n, c, l, h, w) float16, normalised."""
    states: Tensor
    """(n, TEXT_TOKENS, 384) float16 token states of the captions."""
    mask: Tensor
    """(n, TEXT_TOKENS) bool."""
    views: Tensor
    """(n, VIEWS, VIEW, VIEW, 4) uint8 RGBA."""
    facts: list[dict[str, Any]]


def freeze_codec(checkpoint: Path, shards: list[Shard], folder: Path) -> None:
    """Saves the checkpoint's autoencoder as it will ship: bfloat16, its latents' mean and deviation measured, its sizes
    learnt."""
    model = codec.load(checkpoint).to(torch.bfloat16).float()
    per_shard = max(1, STATISTICS_SOLIDS // len(shards))
    latents = torch.cat([encode(model, shard.grids[:per_shard]) for shard in shards])
    model.register_to_config(
        latents_mean=latents.mean(dim=(0, 2, 3, 4)).tolist(), latents_std=latents.std(dim=(0, 2, 3, 4)).tolist()
    )
    sizes = torch.tensor([known["size_m"] for shard in shards for known in shard.facts[:per_shard]])
    fit_size(model, torch.cat([encode(model, shard.grids[:per_shard]) for shard in shards]), sizes.log())
    model.to(torch.bfloat16).save_pretrained(folder)


def fit_size(model: FieldAutoencoder, latents: Tensor, log_sizes: Tensor) -> float:
    """Teaches the autoencoder's `size` network log sizes (n,) of normalised latents (n, c, l, h, w).

    Answers the mean error on a tenth of the solids that it was not taught with.
    """
    torch.manual_seed(0)
    taught = len(latents) * 9 // 10
    optimizer = torch.optim.AdamW(model.size.parameters(), lr=2e-3, weight_decay=0.01)
    with torch.no_grad():
        last = model.size[-1]
        assert isinstance(last, nn.Linear)
        last.bias.copy_(log_sizes.mean())
    for _ in range(SIZE_EPOCHS):
        for rows in torch.randperm(taught).split(64):
            optimizer.zero_grad()
            noisy = latents[rows] + SIZE_NOISE * torch.randn_like(latents[rows])
            (model.log_size(noisy) - log_sizes[rows]).abs().mean().backward()
            optimizer.step()
    with torch.inference_mode():
        return float((model.log_size(latents[taught:]) - log_sizes[taught:]).abs().mean())


def load_codec(folder: Path) -> FieldAutoencoder:
    """The frozen autoencoder, in float32."""
    model: FieldAutoencoder = FieldAutoencoder.from_pretrained(folder, torch_dtype=torch.float32)
    return model


@torch.inference_mode()
def encode(model: FieldAutoencoder, grids: np.ndarray) -> Tensor:
    """Normalised latents (n, c, l, h, w) of stored grids (n, 6, size, size, size) int8."""
    parts = [
        model.encode(torch.from_numpy(floats(grids[start : start + ENCODED_AT_ONCE])))
        for start in range(0, len(grids), ENCODED_AT_ONCE)
    ]
    return torch.cat(parts)


def write_latents(rank: int, processes: int, folder: Path) -> None:
    """Writes latents/NAME.pt beside the solids, for shards that have none; this process takes its share."""
    torch.set_num_threads(1)
    model, text = load_codec(folder / "autoencoder"), TextEncoder.installed()
    shards = read_shards(folder)
    for shard in shards[rank::processes]:
        path = _latents_of(folder, shard)
        if not path.exists():
            tokens = [text.encode(known["caption"]) for known in shard.facts]
            if any(each.mask[TEXT_TOKENS:].any() for each in tokens):
                raise ValueError(f"a caption is longer than {TEXT_TOKENS} tokens")
            values = {
                "latents": encode(model, shard.grids).half(),
                "states": torch.stack([each.states[:TEXT_TOKENS].half() for each in tokens]),
                "mask": torch.stack([each.mask[:TEXT_TOKENS] for each in tokens]),
            }
            save_whole(values, path)


def read_cache(folder: Path) -> Cache:
    """All shards that have latents. FileNotFoundError without any."""
    shards = [shard for shard in read_shards(folder) if _latents_of(folder, shard).exists()]
    if not shards:
        raise FileNotFoundError(f"no latents in {folder / 'latents'}: run `latents` first")
    parts = [torch.load(_latents_of(folder, shard), weights_only=True) for shard in shards]
    return Cache(
        views=torch.cat([torch.from_numpy(np.array(shard.views)) for shard in shards]),
        facts=[known for shard in shards for known in shard.facts],
        **{name: torch.cat([part[name] for part in parts]) for name in parts[0]},
    )


def _latents_of(folder: Path, shard: Shard) -> Path:
    return folder / "latents" / f"{shard.name}.pt"
