"""How much clips of one caption differ from seed to seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.captions import script
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample
from kinoform.training.sheet import chosen_triples

SEEDS = 4
REAL_SEED = 6_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """Mean absolute difference of pixels, in [0, 1], between clips of one caption with different seeds."""

    captions: int
    seeds: int
    generated: float
    real: float
    """Seeds of real clips choose among three to nine places."""


def diversity(
    family: KinoMini, renderer: Renderer, *, captions: int, steps: int, guidance: float, seed: int
) -> Diversity:
    """Measures SEEDS clips of each of some held-out captions."""
    triples = chosen_triples(captions)
    said = [triple.caption() for triple in triples for _ in range(SEEDS)]
    clips = list(sample(family, requests_for(said, steps=steps, guidance=guidance, first_seed=seed)))
    real = [[renderer.clip(script(triple), REAL_SEED + index) for index in range(SEEDS)] for triple in triples]
    return Diversity(
        captions=captions,
        seeds=SEEDS,
        generated=spread([clips[start : start + SEEDS] for start in range(0, len(clips), SEEDS)]),
        real=spread(real),
    )


def spread(groups: Sequence[Sequence[Tensor]]) -> float:
    """Mean over groups of clips in [-1, 1], at least two each, of the mean difference between two of a group."""
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    return float(torch.stack([(a - b).abs().mean() / 2 for a, b in pairs]).mean())
