"""Which way a material job goes."""

from functools import partial
from typing import assert_never

from kinoform.material.capture import capture
from kinoform.material.files import write_files
from kinoform.material.tasks import CaptureTask, GenerateTask, MaterialTask
from kinoform.media.provenance.credit import Credit, Source
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage
from kinoform.serving.models import Models
from kinoform.serving.tiles import maps_of


class MaterialMaker:
    """Makes materials of words with its models, and of pictures without one."""

    def __init__(self, models: Models[MaterialRequest, TileMaps]) -> None:
        self._models = models

    async def __call__(self, task: MaterialTask, job: Job) -> None:
        """See `kinoform.serving.job.Make`."""
        match task:
            case GenerateTask():
                await self._generate(task, job)
            case CaptureTask():
                await capture(task, job)
            case _:
                assert_never(task)

    async def _generate(self, task: GenerateTask, job: Job) -> None:
        """Maps denoised, then files."""
        steps = task.request.steps
        job.reached(Stage.ENCODE, 0, steps)
        tile = await job.generate(self._models, task.model, task.request)
        job.reached(Stage.WRITE, 0, 1)
        prompt = task.request.prompt
        credit = Credit(source=Source.GENERATED, agent=self._models.agent(task.model), prompt=prompt)
        async with job.bench() as bench:
            await job.store_from(bench, partial(write_files, maps_of(tile, task.size_m), prompt), credit)
