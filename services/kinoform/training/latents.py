"""The cache that the denoiser trains on: clips of the training triples, rendered and encoded once."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.text import TextEncoder
from kinoform.training import codec, sprites
from kinoform.training.captions import PHRASINGS, Triple, phrasings, training_triples
from kinoform.training.render import Renderer

TEXT_TOKENS = 20
"""No caption of the grammar is longer; the model is told by a mask, so serving may pad further."""
STATISTICS_CLIPS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """Cached clips."""

    latents: Tensor
    """(n, c, l, h, w) float16, normalised."""
    triples: Tensor
    """(n,) int64, indices into `training_triples()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Token states of all phrasings of the training triples."""

    states: Tensor
    """(triples, PHRASINGS, TEXT_TOKENS, 384) float16."""
    mask: Tensor
    """(triples, PHRASINGS, TEXT_TOKENS) bool."""


def freeze_codec(checkpoint: Path, renderer: Renderer, folder: Path) -> None:
    """Saves the checkpoint's autoencoder as it will ship: bfloat16, with its latents' mean and deviation measured."""
    model = codec.load(checkpoint).to(torch.bfloat16).float()
    triples = training_triples()
    chosen = np.random.default_rng(0).choice(len(triples), STATISTICS_CLIPS, replace=False)
    latents = torch.cat([encode(model, renderer.clip(triples[index], 0)) for index in chosen], dim=1)
    model.register_to_config(
        latents_mean=latents.mean(dim=(1, 2, 3)).tolist(), latents_std=latents.std(dim=(1, 2, 3)).tolist()
    )
    model.to(torch.bfloat16).save_pretrained(folder)


def load_codec(folder: Path) -> VideoAutoencoder:
    """The frozen autoencoder, in float32."""
    model: VideoAutoencoder = VideoAutoencoder.from_pretrained(folder, torch_dtype=torch.float32)
    return model


@torch.inference_mode()
def encode(model: VideoAutoencoder, clip: Tensor) -> Tensor:
    """Normalised latents (c, l, h', w') of a clip (3, l, h, w)."""
    return model.encode(clip[None])[0]


def write_shards(rank: int, processes: int, folder: Path, sprites_path: Path, first: int, last: int) -> None:
    """Writes shards first..last - 1, one clip of each training triple a shard; this process takes its share of them.

    A shard is a pure function of its number and the codec; one that exists is left alone.
    """
    torch.set_num_threads(1)
    model = load_codec(folder / "autoencoder")
    renderer = Renderer(sprites.load(sprites_path))
    for number in range(first + rank, last, processes):
        path = folder / "latents" / f"{number:04d}.pt"
        if path.exists():
            continue
        clips = [renderer.clip(triple, seed(number, index)) for index, triple in enumerate(training_triples())]
        latents = torch.stack([encode(model, clip).half() for clip in clips])
        _save_whole(latents, path)


def seed(shard: int, index: int) -> int:
    """The renderer's seed of a clip in a shard: any len(STARTS) shards in a row show each triple from every start."""
    return shard + index


def read_shards(folder: Path) -> Clips:
    """All shards there are, in order."""
    shards = [torch.load(path, weights_only=True) for path in sorted((folder / "latents").glob("*.pt"))]
    triples = torch.cat([torch.arange(len(shard)) for shard in shards])
    return Clips(latents=torch.cat(shards), triples=triples)


def write_texts(path: Path) -> None:
    """Encodes every phrasing of every training triple."""
    encoder = TextEncoder.installed()
    tokens = [encoder.encode(caption) for triple in training_triples() for caption in phrasings(triple)]
    shape = (len(training_triples()), PHRASINGS)
    if any(each.mask[TEXT_TOKENS:].any() for each in tokens):
        raise ValueError(f"a caption is longer than {TEXT_TOKENS} tokens")
    states = torch.stack([each.states[:TEXT_TOKENS].half() for each in tokens]).unflatten(0, shape)
    mask = torch.stack([each.mask[:TEXT_TOKENS] for each in tokens]).unflatten(0, shape)
    _save_whole({"states": states, "mask": mask}, path)


def read_texts(path: Path) -> Texts:
    """Reads `write_texts`' file."""
    values = torch.load(path, weights_only=True)
    return Texts(states=values["states"], mask=values["mask"])


def triple_at(index: int) -> Triple:
    """The triple that a cached clip's index stands for."""
    return training_triples()[index]


def _save_whole(value: Tensor | dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save(value, partial)
    os.replace(partial, path)
