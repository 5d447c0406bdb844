"""The caches that the two stages train on: keyframes and clips of training scripts, rendered and encoded once."""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.text import TextEncoder
from kinoform.training import codec, sprites
from kinoform.training.captions import MEDIUM, MOTIONS, SIZES, Script, is_held_out
from kinoform.training.cast import SUBJECTS
from kinoform.training.paths import FRAMES
from kinoform.training.render import Renderer
from kinoform.training.stages import BACKGROUNDS

Stage = Literal["keyframe", "clip"]
"""The keyframe stage makes a clip's first frame from text, the clip stage all frames from text and the first."""

TEXT_TOKENS = 24
"""No caption of the grammar is longer; the model is told by a mask, so serving may pad further."""
STATISTICS_CLIPS = 192
SCRIPTS: dict[Stage, int] = {"keyframe": 1024, "clip": 256}
"""Scripts in a shard."""
PLACES: dict[Stage, int] = {"keyframe": 8, "clip": 1}
"""Renderings of each script, with other seeds."""
LENGTH: dict[Stage, int] = {"keyframe": 1, "clip": FRAMES}

CANONICAL = 0.6
"""Share of canonical captions; the others have one of their phrasings."""
PAIRS: dict[Stage, float] = {"keyframe": 0.2, "clip": 0.12}
"""Share of scripts with two actors: what they look like is the keyframe stage's to learn."""
OTHER_SIZE = 0.25
"""Share of single actors that are small or big."""
EXTRAS = 0.55
"""Share of the clip stage's actors that no caption teaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Encoded clips, or keyframes, which are clips of one frame; rows of the first two point into the others."""

    latents: Tensor
    """(n, c, l, h, w) float16, normalised."""
    line: Tensor
    """(n,) int64: which caption."""
    seed: Tensor
    """(n,) int64: the renderer's seeds."""
    states: Tensor
    """(captions, TEXT_TOKENS, 384) float16 token states."""
    mask: Tensor
    """(captions, TEXT_TOKENS) bool."""
    moved: Tensor | None = None
    """(n, c, l, h, w) float16, of clips: the first frame's latents, moved as planned (see `plans`)."""

    def moved_rows(self, rows: Tensor) -> Tensor:
        """Moved first frames (b, c, l, h, w) float32 of rows (b,). FileNotFoundError where not all shards have them."""
        if self.moved is None:
            raise FileNotFoundError("the clip cache has no moved first frames: run `plans` first")
        return self.moved[rows].float()


def freeze_codec(checkpoint: Path, renderer: Renderer, folder: Path) -> None:
    """Saves the checkpoint's autoencoder as it will ship: bfloat16, with its latents' mean and deviation measured."""
    model = codec.load(checkpoint).to(torch.bfloat16).float()
    rng = random.Random(0)
    clips = [renderer.clip(draw_script("clip", rng), index)[:, ::5] for index in range(STATISTICS_CLIPS)]
    latents = torch.cat([encode(model, clip) for clip in clips], dim=1)
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


def draw_script(stage: Stage, rng: random.Random) -> Script:
    """A random training script of a stage: never a held-out triple, never an unseen actor."""
    while True:
        actors = tuple(_actor(stage, rng) for _ in range(2 if rng.random() < PAIRS[stage] else 1))
        sized = len(actors) == 1 and rng.random() < OTHER_SIZE
        size = rng.choice([index for index in range(len(SIZES)) if index != MEDIUM]) if sized else MEDIUM
        script = Script(actors, rng.randrange(len(MOTIONS)), rng.randrange(len(BACKGROUNDS)), size)
        if len(set(actors)) == len(actors) and not any(is_held_out(triple) for triple in script.triples()):
            return script


def write_shards(
    rank: int, processes: int, stage: Stage, folder: Path, sprites_path: Path, first: int, last: int
) -> None:
    """Writes shards first..last - 1 of a stage; this process takes its share of them.

    A shard is a pure function of its number and the codec; one that exists is left alone.
    """
    torch.set_num_threads(1)
    model, text = load_codec(folder / "autoencoder"), TextEncoder.installed()
    renderer = Renderer(sprites.load(sprites_path))
    for number in range(first + rank, last, processes):
        path = folder / f"{stage}-latents" / f"{number:04d}.pt"
        if not path.exists():
            save_whole(_shard(stage, number, renderer, model, text), path)


def read_cache(folder: Path, stage: Stage) -> Cache:
    """All of a stage's shards there are, in order. FileNotFoundError without any."""
    paths = sorted((folder / f"{stage}-latents").glob("*.pt"))
    if not paths:
        raise FileNotFoundError(f"no latents in {folder / f'{stage}-latents'}: run `latents` first")
    shards = [torch.load(path, weights_only=True) for path in paths]
    base = 0
    for number, shard in zip((int(path.stem) for path in paths), shards, strict=True):
        shard["seed"] = torch.tensor(
            [seed_of(number, line, p) for line in range(len(shard["states"])) for p in range(PLACES[stage])]
        )
        shard["line"] = shard["line"] + base
        base += len(shard["states"])
    joined = {name: torch.cat([shard[name] for shard in shards]) for name in shards[0]}
    moved = [folder / "clip-moved" / path.name for path in paths]
    if stage == "clip" and all(path.exists() for path in moved):
        joined["moved"] = torch.cat([torch.load(path, weights_only=True)["moved"] for path in moved])
    return Cache(**joined)


def scripts_of(stage: Stage, shard: int) -> list[tuple[Script, str]]:
    """The scripts of a shard and their captions."""
    rng = random.Random(f"{stage}-{shard}")
    scripts = [draw_script(stage, rng) for _ in range(SCRIPTS[stage])]
    return [(script, script.caption(None if rng.random() < CANONICAL else rng)) for script in scripts]


def seed_of(shard: int, line: int, place: int) -> int:
    """The renderer's seed of one rendering in a shard; modulo 9 it is the place (see `kino_mini.places`)."""
    drawn = int(np.random.default_rng([shard, line, place]).integers(1 << 31))
    across, down = np.random.default_rng(drawn).integers(3, size=2)
    return 9 * drawn + 3 * int(down) + int(across)


def _actor(stage: Stage, rng: random.Random) -> int:
    if stage == "clip" and rng.random() < EXTRAS:
        return rng.choice(_further_actors())
    return rng.randrange(len(SUBJECTS))


def _further_actors() -> list[int]:
    return [number for number in codec.seen_actors().tolist() if number >= len(SUBJECTS)]


def _shard(
    stage: Stage, number: int, renderer: Renderer, model: VideoAutoencoder, text: TextEncoder
) -> dict[str, Tensor]:
    lines = scripts_of(stage, number)
    tokens = [text.encode(caption) for _, caption in lines]
    if any(each.mask[TEXT_TOKENS:].any() for each in tokens):
        raise ValueError(f"a caption is longer than {TEXT_TOKENS} tokens")
    latents = torch.cat(
        [_encoded(stage, number, line, script, renderer, model) for line, (script, _) in enumerate(lines)]
    )
    return {
        "latents": latents,
        "line": torch.arange(len(lines)).repeat_interleave(PLACES[stage]),
        "states": torch.stack([each.states[:TEXT_TOKENS].half() for each in tokens]),
        "mask": torch.stack([each.mask[:TEXT_TOKENS] for each in tokens]),
    }


def _encoded(
    stage: Stage, shard: int, line: int, script: Script, renderer: Renderer, model: VideoAutoencoder
) -> Tensor:
    """(places, c, l, h, w) float16. The renderings of a script are encoded as one clip: frames are coded one by one."""
    length = LENGTH[stage]
    clips = [renderer.clip(script, seed_of(shard, line, place), length) for place in range(PLACES[stage])]
    latents = encode(model, torch.cat(clips, dim=1)).half()
    return torch.stack(latents.split(length, dim=1))


def save_whole(value: dict[str, Tensor], path: Path) -> None:
    """Writes a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save(value, partial)
    os.replace(partial, path)
