"""Control measured on held-out captions that move on ways of their own: the same seed with a condition and without."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kinoform.models.clip import ClipRequest, FollowMap, LastFrame, MapKind, Repaint
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.captions import Script, script
from kinoform.training.control.follows import edge_score, likeness, overlap
from kinoform.training.control.tasks import region
from kinoform.training.control.truth import Truth, truth
from kinoform.training.control.ways import free_way
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample, to_frames
from kinoform.training.sheet import chosen_triples

FIRST_SEED = 7_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A clip to be steered: its truth, and the request without any condition."""

    script: Script
    truth: Truth
    plain: ClipRequest

    def mask(self) -> Tensor:
        """(l, h, w) bool: where the actor is."""
        return self.truth.mask > 127

    def real(self) -> Tensor:
        """The rendered clip (3, l, h, w) in [-1, 1]."""
        return self.truth.clip.float() / 127.5 - 1

    def first(self) -> ClipRequest:
        """From the rendered clip's first frame."""
        return replace(self.plain, image=to_frames(self.real()[:, :1])[0])

    def mapped(self, kind: MapKind) -> ClipRequest:
        """By a map."""
        return replace(self.plain, maps=(FollowMap(kind, getattr(self.truth, kind).numpy()),))

    def in_between(self) -> ClipRequest:
        """From the first frame to the last."""
        return replace(self.first(), last=LastFrame(to_frames(self.real()[:, -1:])[0]))

    def repainted(self) -> ClipRequest:
        """The actor made anew in a box, the rest of the rendered clip kept."""
        anew = (region(self.truth.mask, torch.Generator().manual_seed(self.plain.seed)) * 255).byte().numpy()
        return replace(self.plain, repaint=Repaint(to_frames(self.real()), anew))


def cases(renderer: Renderer, count: int, *, steps: int, guidance: float) -> list[Case]:
    """Held-out captions, evenly spread, each with a way that has nothing to do with its words."""
    triples = chosen_triples(count)
    requests = requests_for([t.caption() for t in triples], steps=steps, guidance=guidance, first_seed=FIRST_SEED)
    found = []
    for number, (triple, request) in enumerate(zip(triples, requests, strict=True)):
        rng = random.Random(f"control-case-{number}")
        shown = truth(renderer, script(triple), free_way(rng), rng)
        found.append(Case(script(triple), shown, request))
    return found


def measure(family: KinoMini, tried: Sequence[Case], progress: Callable[[str], None]) -> dict[str, Any]:
    """For every kind of condition: what it should achieve, without it and with it; means over the cases."""
    report: dict[str, Any] = {"cases": len(tried)}
    plain = _made(family, [case.plain for case in tried])
    for kind in ("mask", "depth", "edges"):
        progress(kind)
        score = _edges if kind == "edges" else _overlap
        steered = _made(family, [case.mapped(kind) for case in tried])
        report[kind] = _pair(tried, plain, steered, score)
    progress("in between")
    report["first_and_last"] = _pair(
        tried,
        _made(family, [case.first() for case in tried]),
        _made(family, [case.in_between() for case in tried]),
        lambda case, clip: likeness(clip[:, -2:], case.real()[:, -2:]),
    )
    progress("repaint")
    repainted = _made(family, [case.repainted() for case in tried])
    report["repaint"] = {"changed_kept_pixels": sum(changed(*each) for each in zip(tried, repainted, strict=True))}
    report["repaint"]["overlap"] = _mean(_overlap(*each) for each in zip(tried, repainted, strict=True))
    return report


def _made(family: KinoMini, requests: Sequence[ClipRequest]) -> list[Tensor]:
    return list(sample(family, requests))


def _pair(
    tried: Sequence[Case], plain: Sequence[Tensor], steered: Sequence[Tensor], score: Callable[[Case, Tensor], float]
) -> dict[str, float]:
    without = _mean(score(*each) for each in zip(tried, plain, strict=True))
    led = _mean(score(*each) for each in zip(tried, steered, strict=True))
    best = _mean(score(case, case.real()) for case in tried)
    return {"without": without, "with": led, "rendered": best}


def _overlap(case: Case, clip: Tensor) -> float:
    return overlap(clip, case.mask())


def _edges(case: Case, clip: Tensor) -> float:
    return edge_score(clip, case.truth.edges > 127, case.script.background)


def changed(case: Case, clip: Tensor) -> int:
    """How many numbers of the kept pixels came out otherwise."""
    request = case.repainted()
    assert request.repaint is not None
    keep = np.broadcast_to(request.repaint.anew < 128, clip.shape[1:])
    return int((to_frames(clip) != request.repaint.frames)[keep].sum())


def _mean(values: Iterator[float]) -> float:
    return round(float(np.mean(list(values))), 3)
