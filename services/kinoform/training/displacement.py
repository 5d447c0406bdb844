"""How far actors get: measured ways beside the ways that captions ask for, both from their own start, in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kinoform.training import paths
from kinoform.training.captions import MEDIUM, MOTIONS
from kinoform.training.tracks import SIZE_WEIGHT, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """Agreement of measured ways with asked ones. A clip without foreground counts as one that stands still."""

    error: float
    """Mean distance in pixels between where the actor is and where it should be."""
    correlation: float
    """Of measured with asked displacements, over all frames and both axes; 0 if nothing moves."""
    travelled: float
    """Asked way that is done, as slope of the regression through 0; 1 is all of it."""
    grown: float
    """The same of log size."""


def displacement(motions: Sequence[int], measured: Sequence[Measured | None]) -> Displacement:
    """Of clips that were asked for `motions` (indices); at least one. A part that no clip asks for counts as 0."""
    asked = torch.stack([asked_way(motion) for motion in motions])
    done = torch.stack([measured_way(each) for each in measured])
    return Displacement(
        error=float((done - asked)[:, :2].square().sum(dim=1).sqrt().mean()),
        correlation=_correlation(done[:, :2], asked[:, :2]),
        travelled=_slope(done[:, :2], asked[:, :2]),
        grown=_slope(done[:, 2], asked[:, 2]),
    )


def asked_way(motion: int) -> Tensor:
    """(3, l): x, y and SIZE_WEIGHT * log side, less their first values."""
    way = paths.path(list(MOTIONS)[motion], paths.SIDES[MEDIUM], 0)
    return _from_start(way.x, way.y, way.side)


def measured_way(measured: Measured | None) -> Tensor:
    """(3, l), as `asked_way`."""
    if measured is None:
        return torch.zeros(3, paths.FRAMES)
    return _from_start(measured.x, measured.y, measured.side)


def _from_start(x: Tensor, y: Tensor, side: Tensor) -> Tensor:
    track = torch.stack([x, y, SIZE_WEIGHT * side.log()]).float()
    return track - track[:, :1]


def _correlation(done: Tensor, asked: Tensor) -> float:
    a, b = done.flatten() - done.mean(), asked.flatten() - asked.mean()
    return float(a @ b / (a.norm() * b.norm()).clamp(min=1e-6))


def _slope(done: Tensor, asked: Tensor) -> float:
    return float((done * asked).sum() / asked.square().sum().clamp(min=1e-6))
