"""How a clip is made: conditions, steps, pictures, files."""

from functools import partial

from kinoform.engine.family import Frames
from kinoform.media.provenance.credit import Credit, Source
from kinoform.models.clip import ClipRequest
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage
from kinoform.serving.models import Models
from kinoform.video.files import write_files
from kinoform.video.given import with_given
from kinoform.video.task import ClipTask


class ClipMaker:
    """Makes clips with its models."""

    def __init__(self, models: Models[ClipRequest, Frames]) -> None:
        self._models = models

    async def __call__(self, task: ClipTask, job: Job) -> None:
        """See `kinoform.serving.job.Make`."""
        steps = task.clip.steps
        job.reached(Stage.ENCODE, 0, steps)
        clip = await with_given(task, job)
        frames = await job.generate(self._models, task.model, clip)
        job.reached(Stage.WRITE, steps, steps)
        await job.store(partial(write_files, frames, task.file, clip.prompt), self._credit(task))

    def _credit(self, task: ClipTask) -> Credit:
        # Of a repaint a part is kept as it was given, bit for bit.
        source = Source.GENERATED if task.repaint is None else Source.BLENDED
        return Credit(source=source, agent=self._models.agent(task.model), prompt=task.clip.prompt)
