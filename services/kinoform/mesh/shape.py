"""How a mesh is generated: a field denoised, then its surface, then files."""

import dataclasses

from kinoform.media.image import load_rgba
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.provenance.credit import Credit, Source
from kinoform.media.surface.bake import bake
from kinoform.media.surface.errors import NoSurface
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.scale import scaled
from kinoform.media.surface.volume import sample
from kinoform.mesh.change import shells, texture_size_of
from kinoform.mesh.deliver import deliver
from kinoform.mesh.tasks import ShapeTask
from kinoform.models.shape import MeshRequest, SizedField, View
from kinoform.serving.bench import Bench
from kinoform.serving.files import slug
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage
from kinoform.serving.models import Models


async def make_shape(task: ShapeTask, job: Job, shapes: Models[MeshRequest, SizedField]) -> None:
    """Makes and stores the mesh. Raises NoSurface if the model made nothing."""
    job.reached(Stage.ENCODE, 0, task.request.steps)
    views = [View(await job.read(each.field, each.sha256, load_rgba), each.reach, each.sketch) for each in task.views]
    request = dataclasses.replace(task.request, views=tuple(views))
    field = await job.generate(shapes, task.model, request)
    credit = Credit(source=Source.GENERATED, agent=shapes.agent(task.model), prompt=request.prompt)
    async with job.bench() as bench:
        asset = await _surfaced(field, task, job, bench)
        await deliver(asset, task.formats, credit, job, bench)


async def _surfaced(field: SizedField, task: ShapeTask, job: Job, bench: Bench) -> MeshAsset:
    """Closed, textured, in metres; each piece where it belongs: the field needs torch, `shells` does not."""
    stages = task.lods + 2
    job.reached(Stage.SURFACE, 0, stages)
    volume = await job.finish(sample, field, task.resolution)
    height_m = await job.finish(_typical_height_m, field) if task.height_m is None else task.height_m
    job.reached(Stage.SURFACE, 1, stages)
    meshes = await bench.run(shells, volume, task)
    source = await job.finish(FieldSource, field, volume)
    name = safe_name(slug(task.request.prompt, "mesh"), "mesh")
    parts = []
    for level, mesh in enumerate(meshes):
        job.reached(Stage.SURFACE, 2 + level, stages)
        size = texture_size_of(level, task.texture_size)
        parts.append(Part(mesh=mesh, material=await job.finish(bake, mesh, source, size, f"{name}-{level}")))
    return scaled(MeshAsset(name=name, lods=tuple(parts)), height_m)


def _typical_height_m(field: SizedField) -> float:
    if not (height_m := field.height_m) > 0:
        raise NoSurface("the model made an empty shape; another seed or prompt may do better")
    return height_m
