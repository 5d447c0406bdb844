"""How a material is made of a picture: read, worked on in a process of its own, stored. No model has a part in it."""

from functools import partial

from kinoform.material.files import write_files
from kinoform.material.tasks import CaptureTask
from kinoform.media.image import load_rgb
from kinoform.media.material.capture.tile import Pixels, captured, square_of
from kinoform.media.provenance.credit import Credit, Source
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

IMAGE = "spec.image"
"""Field path of the picture among a request's inputs."""


async def capture(task: CaptureTask, job: Job) -> None:
    """Makes and stores the material. Raises BadInput for a picture that is too small."""
    job.reached(Stage.ENCODE, 0, 1)
    square = await job.read(IMAGE, task.image, partial(_read, size=task.size))
    async with job.bench() as bench:
        job.reached(Stage.SURFACE, 0, 1)
        make = partial(captured, size_m=task.size_m, relief_m=task.relief_m, metal=task.metal)
        maps = await bench.run(make, square, task.size)
        job.reached(Stage.WRITE, 0, 1)
        await job.store_from(bench, partial(write_files, maps, task.name), Credit(source=Source.PROCESSED))


def _read(data: bytes, *, size: int) -> Pixels:
    return square_of(load_rgb(data), size)
