"""Clips of two actors: are both there?"""

from dataclasses import dataclass

import torch
from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import paths
from kinoform.training.adherence import share
from kinoform.training.captions import MOTIONS, Script
from kinoform.training.cast import SUBJECTS
from kinoform.training.features import PICTURE_SIDE
from kinoform.training.judge import UNREADABLE, Judge
from kinoform.training.lessons import LOOKS
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample
from kinoform.training.sheet import chosen_triples
from kinoform.training.tracks import FEWEST_PIXELS, cut_out, foreground, recognise

REAL_SEED = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Shares of clips of two actors."""

    both: float
    """In which the judge sees both, wherever they stand."""
    one: float
    """In which it sees at least one."""
    background: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Clips of two actors, the first held out with this motion and background."""

    clips: int
    generated: Company
    real: Company


def pair_scripts(count: int) -> list[Script]:
    """Held-out triples, evenly spread, each with a second subject."""
    return [
        Script((t.subject, (t.subject + 1 + index % (len(SUBJECTS) - 1)) % len(SUBJECTS)), t.motion, t.background)
        for index, t in enumerate(chosen_triples(count))
    ]


def pairs(
    family: KinoMini, renderer: Renderer, judge: Judge, *, clips: int, steps: int, guidance: float, seed: int
) -> Pairs:
    """Measures `clips` clips."""
    scripts = pair_scripts(clips)
    captions = [script.caption() for script in scripts]
    requests = requests_for(captions, steps=steps, guidance=guidance, first_seed=seed)
    real = [renderer.clip(script, REAL_SEED + index) for index, script in enumerate(scripts)]
    return Pairs(
        clips=clips,
        generated=company(judge, scripts, list(sample(family, requests))),
        real=company(judge, scripts, real),
    )


def company(judge: Judge, scripts: list[Script], clips: list[Tensor]) -> Company:
    """How many of the two actors of each script its clip shows."""
    found = [
        len(set(script.actors) & set(couple(judge, clip, script.motion)))
        for script, clip in zip(scripts, clips, strict=True)
    ]
    return Company(
        both=share(count == 2 for count in found),
        one=share(count >= 1 for count in found),
        background=share(recognise(clip) == script.background for script, clip in zip(scripts, clips, strict=True)),
    )


def couple(judge: Judge, clip: Tensor, motion: int) -> list[int]:
    """The subjects on both sides of the foreground's middle: left and right, or above and below in sideways motion."""
    mask = foreground(clip, recognise(clip))
    axis = 1 if list(MOTIONS)[motion] in paths.SIDEWAYS else 2
    place = torch.arange(mask.shape[axis]).view(-1, 1) if axis == 1 else torch.arange(mask.shape[axis])
    middle = (mask * place).sum(dim=(1, 2)) / mask.sum(dim=(1, 2)).clamp(min=1)
    first = place < middle[:, None, None]
    verdicts = []
    for side in (mask & first, mask & ~first):
        frames = [k for k in LOOKS if side[k].sum() >= FEWEST_PIXELS]
        pictures = [cut_out(clip[:, k], side[k], PICTURE_SIDE) for k in frames]
        verdicts.append(judge.recognised([torch.stack(pictures)])[0] if pictures else UNREADABLE)
    return verdicts
