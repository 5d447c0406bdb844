"""What a branch is told of a clip in training: one kind of map, or some of its pixels."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.models.clip import MapKind
from kinoform.models.kino_mini.signals import map_signal, pixel_signal

Task = Literal["edges", "depth", "mask", "last", "replace", "extend"]
"""A map in all frames; the last frame beside the first; all but a region around the actor; a rectangle alone."""

SHARES: Mapping[str, Mapping[Task, float]] = {
    "keyframe": {"edges": 0.3, "depth": 0.18, "mask": 0.3, "replace": 0.14, "extend": 0.08},
    "clip": {"edges": 0.27, "depth": 0.15, "mask": 0.27, "last": 0.13, "replace": 0.11, "extend": 0.07},
}
REGION_MARGIN = (2, 10)
"""Pixels between the actor and the border of the region that is made anew."""
INSIDE = (28, 48)
"""Pixels: sides of what is known of a picture that is extended."""


def draw_task(stage: str, rng: torch.Generator) -> Task:
    """One of a stage's tasks."""
    tasks = list(SHARES[stage])
    shares = torch.tensor(list(SHARES[stage].values()))
    return tasks[int(torch.multinomial(shares, 1, generator=rng))]


def signal_of(task: Task, clip: Tensor, maps: Mapping[MapKind, Tensor], rng: torch.Generator) -> Tensor:
    """The signal (CHANNELS, l, h, w) of a clip (3, l, h, w) uint8 and its maps (l, h, w) uint8."""
    length = clip.shape[1]
    match task:
        case "edges":
            return map_signal(task, _lines(maps, rng), length)
        case "depth" | "mask":
            return map_signal(task, maps[task].float() / 255, length)
        case "last":
            known = torch.zeros(clip.shape[1:])
            known[[0, -1]] = 1.0
        case "replace":
            known = 1 - region(maps["mask"], rng)
        case "extend":
            known = inside(clip.shape[1:], rng)
    return pixel_signal(clip.float() / 127.5 - 1, known)


def _lines(maps: Mapping[MapKind, Tensor], rng: torch.Generator) -> Tensor:
    """Edges (l, h, w); in one case of three with the actor's whole outline, as in a drawing."""
    lines = maps["edges"].float() / 255
    if not _one_in(3, rng):
        return lines
    inside = (maps["mask"] > 127).float()
    return torch.maximum(lines, inside + F.max_pool2d(-inside[:, None], 3, stride=1, padding=1)[:, 0])


def region(mask: Tensor, rng: torch.Generator) -> Tensor:
    """(l, h, w) float: 1 in a box around the actor's mask (l, h, w) uint8, of each frame or of all."""
    seen = mask > 64
    if _one_in(2, rng):
        seen = seen.any(dim=0, keepdim=True).expand_as(seen)
    low, high = REGION_MARGIN
    margin = int(torch.randint(low, high, (), generator=rng))
    return torch.stack([_box(frame, margin) for frame in seen])


def inside(size: tuple[int, ...] | torch.Size, rng: torch.Generator) -> Tensor:
    """(l, h, w) float: 1 in a rectangle, the same in all frames."""
    length, *sides = size
    known = torch.zeros(length, *sides)
    low, high = INSIDE
    spans = []
    for side in sides:
        width = int(torch.randint(low, high, (), generator=rng))
        start = int(torch.randint(0, side - width + 1, (), generator=rng))
        spans.append(slice(start, start + width))
    known[:, spans[0], spans[1]] = 1.0
    return known


def _box(frame: Tensor, margin: int) -> Tensor:
    box = torch.zeros(frame.shape)
    rows, columns = frame.any(dim=1).nonzero()[:, 0], frame.any(dim=0).nonzero()[:, 0]
    if len(rows):
        top, left = max(int(rows[0]) - margin, 0), max(int(columns[0]) - margin, 0)
        box[top : int(rows[-1]) + margin + 1, left : int(columns[-1]) + margin + 1] = 1.0
    return box


def _one_in(count: int, rng: torch.Generator) -> bool:
    return int(torch.randint(count, (), generator=rng)) == 0
