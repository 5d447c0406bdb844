"""How a picture or a clip is prepared: read, worked on where that does no harm, stored."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kinoform.conditioning.clip import read_clip, write_drawn_clip
from kinoform.conditioning.clip_files import Frame, framed, write_clip
from kinoform.conditioning.convert import FOOTAGE, IMAGE
from kinoform.conditioning.credit import credit_of
from kinoform.conditioning.files import write_made, write_prepared
from kinoform.conditioning.prepare import Made, Pixels
from kinoform.conditioning.tasks import (
    ConditioningTask,
    CutOut,
    Depth,
    Drawn,
    Edges,
    Normals,
    Palette,
    Pose,
    Reference,
    Seen,
    SoftEdges,
)
from kinoform.media.image import load_rgba
from kinoform.media.picture.sized import within
from kinoform.media.provenance.credit import Credit
from kinoform.serving.errors import blamed
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

if TYPE_CHECKING:
    from kinoform.conditioning.look import ClipLook

Credited = Callable[[], Credit]
"""Asked for once all is made: it may read a model's weights."""


class Preparer:
    """Prepares, with its depth model."""

    def __init__(self, depth_model: Path | None) -> None:
        """depth_model: a folder as transformers saves it; None is depth-mini."""
        self._depth_model = depth_model

    async def __call__(self, task: ConditioningTask, job: Job) -> None:
        """See `kinoform.serving.job.Make`. Raises BadInput for a picture without a foreground, NotInstalled."""
        job.reached(Stage.ENCODE, 0, 1)
        wish = task.wish
        credit = partial(credit_of, wish, self._depth_model)
        match wish:
            case Reference() | Edges() | CutOut() | Palette() | Pose():
                await (_draw_clip if task.moves else _draw_picture)(task, wish, credit, job)
            case SoftEdges() | Depth() | Normals() if task.moves:
                await _see_clip(task, partial(_clip_look, wish, self._depth_model), credit, job)
            case _:
                await _see_picture(task, partial(_seen, wish, self._depth_model), credit, job)


async def _see_picture(task: ConditioningTask, see: Callable[[Pixels], Made], credit: Credited, job: Job) -> None:
    pixels = await job.read(IMAGE, task.source, partial(_read, max_side=task.max_side))
    made = await job.finish(see, pixels)
    job.reached(Stage.WRITE, 0, 1)
    await job.store(partial(write_made, made, task.wish), await job.finish(credit))


async def _draw_picture(task: ConditioningTask, wish: Drawn, credit: Credited, job: Job) -> None:
    pixels = await job.read(IMAGE, task.source, partial(_read, max_side=task.max_side))
    async with job.bench() as bench:
        job.reached(Stage.WRITE, 0, 1)
        with blamed(IMAGE):
            await job.store_from(bench, partial(write_prepared, pixels, wish), await job.finish(credit))


async def _see_clip(task: ConditioningTask, begin: "Callable[[], ClipLook]", credit: Credited, job: Job) -> None:
    async with job.bench() as bench:
        footage = await job.read_in(bench, FOOTAGE, task.source, partial(read_clip, task.max_side))
    look, count = await job.finish(begin), len(footage.frames)
    for number, frame in enumerate(footage.frames):
        job.reached(Stage.ENCODE, number, count)
        await job.finish(look.glance, frame)
    frames: list[Frame] = []
    for number, frame in enumerate(footage.frames):
        job.reached(Stage.WRITE, number, count)
        frames.append(await job.finish(_framed, look, frame))
    await job.store(partial(write_clip, frames, footage.rate, task.wish), await job.finish(credit))


async def _draw_clip(task: ConditioningTask, wish: Drawn, credit: Credited, job: Job) -> None:
    data = await job.read(FOOTAGE, task.source, bytes)
    async with job.bench() as bench:
        job.reached(Stage.WRITE, 0, 1)
        with blamed(FOOTAGE):
            await job.store_from(bench, partial(write_drawn_clip, data, task.max_side, wish), await job.finish(credit))


def _read(data: bytes, *, max_side: int) -> Pixels:
    return within(load_rgba(data), max_side)


def _seen(wish: Seen, depth_model: Path | None, pixels: Pixels) -> Made:
    from kinoform.conditioning.look import seen  # not above: the others need no torch

    return seen(pixels, wish, depth_model)


def _clip_look(wish: SoftEdges | Depth | Normals, depth_model: Path | None) -> "ClipLook":
    from kinoform.conditioning.look import ClipLook

    return ClipLook(wish, depth_model)


def _framed(look: "ClipLook", frame: Pixels) -> Frame:
    return framed(look.look(frame))
