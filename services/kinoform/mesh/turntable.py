"""How a stored mesh is shown from all sides."""

from functools import partial

import numpy as np

from kinoform.media.mesh.read import read_mesh
from kinoform.media.provenance.credit import Credit, Source
from kinoform.mesh.change import drawn
from kinoform.mesh.files import write_clip, write_poster
from kinoform.mesh.process import MESH
from kinoform.mesh.tasks import TurntableTask
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

CREDIT = Credit(source=Source.RENDERED)


async def show(task: TurntableTask, job: Job) -> None:
    """Renders the mesh once around and stores the clip. Raises BadInput for a mesh that can't be read."""
    job.reached(Stage.ENCODE, 0, task.frames)
    async with job.bench() as bench:
        asset = await job.read(MESH, task.mesh, read_mesh)
        job.reached(Stage.RENDER, 0, task.frames)
        frames = np.empty((task.frames, task.size, task.size, 4 if task.transparent else 3), np.uint8)
        number = 0
        async for frame in bench.each(drawn, asset, task):
            frames[number] = frame[..., : frames.shape[3]]
            number += 1
            job.reached(Stage.RENDER, number, task.frames)
        job.reached(Stage.WRITE, 0, 2)
        await job.store(partial(write_clip, frames, task, asset.name), CREDIT)
        job.reached(Stage.WRITE, 1, 2)
        await job.store_from(bench, partial(write_poster, asset, task.size), CREDIT)
