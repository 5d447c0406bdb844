"""The pictures and clips that a task is given, read and decoded."""

import dataclasses
from functools import partial

import numpy as np

from kinoform.engine.family import Frames
from kinoform.media.footage import load_footage
from kinoform.media.image import load_rgb
from kinoform.models.clip import ClipRequest, FollowMap, Grey, LastFrame, Palette, Repaint
from kinoform.serving.bench import Bench
from kinoform.serving.job import Job
from kinoform.video.task import ClipTask, Stored, StoredCondition

MOST_FRAMES = 1_000
"""Of a clip that is given: more than any model makes, and a bound on what is decoded."""
FINER = 8
"""Maps are kept up to so many times larger than the clip: lines are thinned by their brightest pixel."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601 luma, as OpenCV's and Pillow's greys have it."""


async def with_given(task: ClipTask, job: Job) -> ClipRequest:
    """The task's clip with all that it is given. Raises BadInput for what can't be read."""
    clip = task.clip
    if task.image is not None:
        clip = dataclasses.replace(clip, image=await job.read(*task.image, load_rgb))
    if not task.conditions and task.repaint is None:
        return clip
    async with job.bench() as bench:  # FFmpeg may crash on what somebody sends
        reader = _Reader(job, bench, FINER * max(clip.width, clip.height))
        given = [await reader.condition(each) for each in task.conditions]
        repaint = None
        if task.repaint is not None:
            repaint = Repaint(await reader.frames(task.repaint.footage), await reader.grey(task.repaint.mask))
    return dataclasses.replace(
        clip,
        last=next((each for each in given if isinstance(each, LastFrame)), None),
        palette=next((each for each in given if isinstance(each, Palette)), None),
        maps=tuple(each for each in given if isinstance(each, FollowMap)),
        repaint=repaint,
    )


class _Reader:
    def __init__(self, job: Job, bench: Bench, max_side: int) -> None:
        self._job, self._bench = job, bench
        self._load = partial(load_footage, max_frames=MOST_FRAMES, max_side=max_side)

    async def condition(self, given: StoredCondition) -> LastFrame | Palette | FollowMap:
        """The condition with what stands in its file."""
        match given.kind:
            case "last_frame":
                return LastFrame((await self.frames(given.file))[0], given.reach)
            case "palette":
                return Palette((await self.frames(given.file))[0], given.reach)
            case kind:
                return FollowMap(kind, await self.grey(given.file), given.reach)

    async def frames(self, file: Stored) -> Frames:
        """(l, h, w, 3)"""
        return (await self._job.read_in(self._bench, *file, self._load)).frames

    async def grey(self, file: Stored) -> Grey:
        """(l, h, w)"""
        frames = await self.frames(file)
        return np.stack([np.rint(frame @ GREY).astype(np.uint8) for frame in frames])
