"""How a relief is made: no model, only a depth picture and, if there is one, its colours."""

from functools import partial

from kinoform.media.image import load_rgb
from kinoform.media.mesh.model import Material, MeshAsset, Part
from kinoform.media.picture.sized import within
from kinoform.media.provenance.credit import Credit, Source
from kinoform.media.surface.heights import load_heights
from kinoform.media.surface.relief import relief
from kinoform.mesh.deliver import deliver
from kinoform.mesh.tasks import ReliefTask
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

DEPTH, COLOUR = "spec.relief.image", "spec.relief.colour.image"
"""Field paths of the pictures among a request's inputs."""
NAME = "relief"


async def make_relief(task: ReliefTask, job: Job) -> None:
    """Makes and stores the plate. Raises BadInput for pictures that can't be read, or are too small."""
    job.reached(Stage.ENCODE, 0, 1)
    heights = await job.read(DEPTH, task.depth, partial(load_heights, longest=task.resolution))
    material = None
    if task.colour is not None:
        pixels = within(await job.read(COLOUR, task.colour.sha256, load_rgb), task.colour.texture_size)
        material = Material(name=NAME, base_colour=pixels)
    async with job.bench() as bench:
        job.reached(Stage.SURFACE, 0, 1)
        mesh = await bench.run(relief, heights, task.plate)
        asset = MeshAsset(name=NAME, lods=(Part(mesh=mesh, material=material),))
        await deliver(asset, task.formats, Credit(source=Source.PROCESSED), job, bench)
