"""Adherence on held-out captions: what the judge sees in generated clips, in real ones, and by chance."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.captions import BACKGROUNDS, MOTIONS, SUBJECTS, Triple, held_out
from kinoform.training.judge import Judge
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample, to_frames

REAL_SEED = 2_000_000
"""Seeds of the real clips: far from those of the training clips and of the judge's examples."""
PICTURED = 3
"""Each so-manieth caption is also tried with a picture."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """Shares of clips, 0 to 1, in which the judge sees what the caption says."""

    subject: float
    motion: float
    background: float
    all: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Adherence of a model on held-out captions, beside what real clips and shuffled captions score."""

    clips: int
    triples: int
    """Different held-out triples among the captions."""
    steps: int
    guidance: float
    seed: int
    generated: Adherence
    generated_from_picture: Adherence
    """Caption and first frame of a real clip given. The picture alone shows subject and background."""
    real: Adherence
    shuffled: Adherence
    """The generated clips against one another's captions."""
    by_phrase: dict[str, float]
    """Of each subject, motion and background: the share of generated clips in which the judge sees it."""

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, shares rounded to a thousandth."""
        values: dict[str, Any] = _rounded(asdict(self))
        return values

    def table(self) -> str:
        """The report for people."""
        lines = [f"{'':<24}{'subject':>9}{'motion':>9}{'background':>12}{'all three':>11}"]
        rows = {
            "generated": self.generated,
            "generated from picture": self.generated_from_picture,
            "real clips": self.real,
            "shuffled captions": self.shuffled,
        }
        for name, row in rows.items():
            lines.append(f"{name:<24}{row.subject:>9.3f}{row.motion:>9.3f}{row.background:>12.3f}{row.all:>11.3f}")
        return "\n".join([*lines, f"{self.clips} clips of {self.triples} held-out triples, {self.steps} steps"])


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
    """Measures a family on `clips` held-out captions; the triples come round again once all have had their turn."""
    order = sorted(held_out())
    triples = [order[index % len(order)] for index in range(clips)]
    progress(f"{clips} real clips")
    real = [renderer.clip(triple, REAL_SEED + index) for index, triple in enumerate(triples)]
    captions = [triple.caption() for triple in triples]
    plain = requests_for(captions, steps=steps, guidance=guidance, first_seed=seed)
    pictures = [to_frames(clip[:, :1])[0] for clip in real[::PICTURED]]
    pictured = requests_for(captions[::PICTURED], steps=steps, guidance=guidance, first_seed=seed, pictures=pictures)
    seen = _verdicts(judge, sample(family, plain), "generated", progress)
    return Report(
        clips=clips,
        triples=len(set(triples)),
        steps=steps,
        guidance=guidance,
        seed=seed,
        generated=adherence(triples, seen),
        generated_from_picture=adherence(
            triples[::PICTURED], _verdicts(judge, sample(family, pictured), "generated from a picture", progress)
        ),
        real=adherence(triples, _verdicts(judge, real, "real", progress)),
        shuffled=adherence(_shuffled(triples), seen),
        by_phrase=by_phrase(triples, seen),
    )


def adherence(said: Sequence[Triple], seen: Sequence[Triple]) -> Adherence:
    """How often what is seen is what was said; both have the same length, at least 1."""
    pairs = list(zip(said, seen, strict=True))
    return Adherence(
        subject=_share(a.subject == b.subject for a, b in pairs),
        motion=_share(a.motion == b.motion for a, b in pairs),
        background=_share(a.background == b.background for a, b in pairs),
        all=_share(a == b for a, b in pairs),
    )


def by_phrase(said: Sequence[Triple], seen: Sequence[Triple]) -> dict[str, float]:
    """For each name of the vocabulary that was said: the share of its clips in which it is seen."""
    pairs = list(zip(said, seen, strict=True))
    hits: dict[str, list[bool]] = {}
    for a, b in pairs:
        hits.setdefault(list(SUBJECTS)[a.subject], []).append(a.subject == b.subject)
        hits.setdefault(list(MOTIONS)[a.motion], []).append(a.motion == b.motion)
        hits.setdefault(list(BACKGROUNDS)[a.background], []).append(a.background == b.background)
    names = [*SUBJECTS, *MOTIONS, *BACKGROUNDS]
    return {name: _share(hits[name]) for name in names if name in hits}


def _verdicts(judge: Judge, clips: Iterable[Tensor], name: str, progress: Progress) -> list[Triple]:
    seen = []
    for clip in clips:
        seen.append(judge.read(clip))
        if len(seen) % 50 == 0:
            progress(f"{name}: {len(seen)} judged")
    return seen


def _shuffled(triples: Sequence[Triple]) -> list[Triple]:
    return random.Random(0).sample(list(triples), len(triples))


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return sum(values) / len(values)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) else value
