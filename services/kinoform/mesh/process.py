"""How a stored mesh is changed. Its look goes along: what loses its UVs is unwrapped and baked again."""

from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.mesh.read import read_mesh
from kinoform.media.provenance.credit import Credit, Source
from kinoform.media.surface.scale import scaled
from kinoform.mesh.change import dressed, shaped
from kinoform.mesh.deliver import deliver
from kinoform.mesh.tasks import ProcessTask
from kinoform.serving.bench import Bench
from kinoform.serving.errors import blamed
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

MESH = "spec.mesh"
"""Field path of the mesh among a request's inputs."""


async def process(task: ProcessTask, job: Job) -> None:
    """Changes the mesh and stores it. Raises BadInput for one that does not allow it."""
    job.reached(Stage.ENCODE, 0, 1)
    async with job.bench() as bench:
        given = await job.read(MESH, task.mesh, read_mesh)
        with blamed(MESH):
            asset = MeshAsset(name=given.name, lods=await _changed(given.lods[0], task, job, bench))
            if task.height_m is not None:
                asset = scaled(asset, task.height_m)
        await deliver(asset, task.formats, Credit(source=Source.PROCESSED), job, bench)


async def _changed(source: Part, task: ProcessTask, job: Job, bench: Bench) -> tuple[Part, ...]:
    stages = task.lods + 1
    job.reached(Stage.SURFACE, 0, stages)
    found = await bench.run(shaped, source.mesh, task)
    parts = []
    for level, mesh in enumerate(found.levels):
        job.reached(Stage.SURFACE, 1 + level, stages)
        parts.append(await bench.run(dressed, mesh, source, task, level, found.remade or level > 0))
    return tuple(parts)
