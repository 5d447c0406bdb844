"""The evaluation: what the judge sees in clips of held-out captions, beside real clips, chance and standing still."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.adherence import Adherence, adherence, by_phrase, shuffled
from kinoform.training.captions import Triple, script
from kinoform.training.displacement import Displacement, displacement
from kinoform.training.diversity import Diversity, diversity
from kinoform.training.features import PICTURE_SIDE
from kinoform.training.frechet import Frechet, frechet
from kinoform.training.judge import Judge
from kinoform.training.pairs import Pairs, pairs
from kinoform.training.render import Renderer
from kinoform.training.report import table
from kinoform.training.sampling import requests_for, sample, to_frames
from kinoform.training.sheet import chosen_triples
from kinoform.training.tracks import Measured, measure
from kinoform.training.unseen import Unseen, unseen

REAL_SEED = 2_000_000
"""Seeds of the real clips: far from those of the training clips and of the judge's lessons."""
OTHER_SEED = 3_000_000
"""Of the real clips that tell how far two samples of real clips lie apart."""
PICTURED = 3
"""Each so-manieth caption is also tried with a picture."""
FRAMES_SHOWN = (0, 7, 15)
"""Of each clip, for the Frechet distance."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Motion as displacement."""

    generated: Displacement
    real: Displacement
    still: Displacement
    """What clips in which nothing moves would score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was measured, and how."""

    family: str
    clips: int
    triples: int
    """Different held-out triples among the captions."""
    steps: int
    guidance: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A model on held-out captions."""

    settings: Settings
    generated: Adherence
    generated_from_picture: Adherence
    """Caption and first frame of a real clip given. The picture alone shows subject and background."""
    real: Adherence
    shuffled: Adherence
    """The generated clips against one another's captions."""
    ways: Ways
    frechet: Frechet
    diversity: Diversity
    unseen: Unseen
    pairs: Pairs
    by_phrase: dict[str, float]
    """Of each subject, motion and background: the share of generated clips in which the judge sees it."""

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, rounded to a thousandth."""
        values: dict[str, Any] = _rounded(asdict(self))
        return values

    def table(self) -> str:
        """The report for people."""
        return table(self.to_json())

    def points_below(self, base: Adherence) -> float:
        """By how many points of a hundred fewer clips show all three than a base's; negative where more do."""
        return 100 * (base.all - self.generated.all)


class Seen(NamedTuple):
    """What was found in a row of clips."""

    triples: list[Triple]
    measured: list[Measured | None]
    features: Tensor
    """(clips * FRAMES_SHOWN, d)."""


def evaluate(
    family: KinoMini,
    renderer: Renderer,
    judge: Judge,
    *,
    clips: int,
    steps: int,
    guidance: float,
    seed: int,
    progress: Progress,
) -> Report:
    """Measures a family on `clips` held-out captions, evenly spread; the other parts take a share of that many."""
    triples = chosen_triples(clips)
    captions = [triple.caption() for triple in triples]
    real = _look(judge, _real(renderer, triples, REAL_SEED), "real", progress)
    others = _look(judge, _real(renderer, triples, OTHER_SEED), "other real", progress)
    plain = requests_for(captions, steps=steps, guidance=guidance, first_seed=seed)
    made = _look(judge, sample(family, plain), "generated", progress)
    pictured = requests_for(
        captions[::PICTURED],
        steps=steps,
        guidance=guidance,
        first_seed=seed,
        pictures=[to_frames(clip[:, :1])[0] for clip in _real(renderer, triples[::PICTURED], REAL_SEED)],
    )
    from_picture = _look(judge, sample(family, pictured), "generated from a picture", progress)
    progress("unseen actors, pairs, other seeds")
    motions = [triple.motion for triple in triples]
    return Report(
        settings=Settings(
            family=family.name, clips=clips, triples=len(set(triples)), steps=steps, guidance=guidance, seed=seed
        ),
        generated=adherence(triples, made.triples),
        generated_from_picture=adherence(triples[::PICTURED], from_picture.triples),
        real=adherence(triples, real.triples),
        shuffled=adherence(shuffled(triples), made.triples),
        ways=Ways(
            generated=displacement(motions, made.measured),
            real=displacement(motions, real.measured),
            still=displacement(motions, [None] * clips),
        ),
        frechet=frechet(real.features, others.features, made.features),
        diversity=diversity(family, renderer, captions=max(1, clips // 36), steps=steps, guidance=guidance, seed=seed),
        unseen=unseen(family, renderer, judge, clips=max(1, clips // 6), steps=steps, guidance=guidance, seed=seed),
        pairs=pairs(family, renderer, judge, clips=max(1, clips // 9), steps=steps, guidance=guidance, seed=seed),
        by_phrase=by_phrase(triples, made.triples),
    )


def _real(renderer: Renderer, triples: Sequence[Triple], first_seed: int) -> Iterable[Tensor]:
    return (renderer.clip(script(triple), first_seed + index) for index, triple in enumerate(triples))


def _look(judge: Judge, clips: Iterable[Tensor], name: str, progress: Progress) -> Seen:
    triples, measured, features = [], [], []
    for clip in clips:
        measured.append(measure(clip))
        triples.append(judge.verdict(clip, measured[-1]))
        frames = clip[:, FRAMES_SHOWN].transpose(0, 1)
        features.append(judge.features.of(F.interpolate(frames, (PICTURE_SIDE, PICTURE_SIDE), mode="bilinear")))
        if len(triples) % 50 == 0:
            progress(f"{name}: {len(triples)} judged")
    return Seen(triples, measured, torch.cat(features))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) else value
