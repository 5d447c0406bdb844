"""Pictures of steered clips: the map, the clip without it, the clip with it, row by row."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from kinoform.engine.family import Frames
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.control.evaluate import Case
from kinoform.training.page import save_page
from kinoform.training.sampling import sample, to_frames
from kinoform.training.sheet import contact_sheet


def write_control_sheet(path: Path, family: KinoMini, tried: Sequence[Case]) -> None:
    """Writes for every case its clips (see `save_page`), each under what it was led by."""
    names, clips = [], []
    for case in tried:
        wishes = {
            "without": case.plain,
            "by its mask": case.mapped("mask"),
            "by its depth": case.mapped("depth"),
            "by its edges": case.mapped("edges"),
            "first and last frame": case.in_between(),
            "repainted in a box": case.repainted(),
        }
        names += [case.plain.prompt, "mask", *wishes]
        clips += [to_frames(case.real()), _grey(case.truth.mask)]
        clips += [to_frames(next(sample(family, [wish]))) for wish in wishes.values()]
    save_page(contact_sheet(names, clips), path)


def _grey(maps: torch.Tensor) -> Frames:
    return np.repeat(maps.numpy()[..., None], 3, axis=3)
