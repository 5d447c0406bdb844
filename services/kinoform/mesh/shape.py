"""How a mesh is generated: a field denoised, then its surface, then files."""

import dataclasses

from kinoform.media.image import load_rgba
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.surface.build import SurfaceWish, build_asset
from kinoform.media.surface.errors import NoSurface
from kinoform.mesh.files import deliver, name_of
from kinoform.mesh.tasks import ShapeTask
from kinoform.models.shape import MeshRequest, SizedField
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage
from kinoform.serving.models import Models

IMAGE = "spec.image"
"""Field path of the picture among a request's inputs."""


async def make_shape(task: ShapeTask, job: Job, shapes: Models[MeshRequest, SizedField]) -> None:
    """Makes and stores the mesh. Raises NoSurface if the model made nothing."""
    request = task.request
    job.reached(Stage.ENCODE, 0, request.steps)
    if task.image is not None:
        request = dataclasses.replace(request, image=await job.read(IMAGE, task.image, load_rgba))
    field = await job.generate(shapes, task.model, request)
    job.reached(Stage.SURFACE, 0, 1)
    asset = await job.finish(surfaced, field, task)
    await deliver(asset, task.formats, job)


def surfaced(field: SizedField, task: ShapeTask) -> MeshAsset:
    """The field's surface as the task wants it. Raises NoSurface if there is none."""
    typical_m = field.height_m
    if typical_m <= 0:
        raise NoSurface("the model made an empty shape; another seed or prompt may do better")
    wish = SurfaceWish(
        height_m=task.height_m or typical_m,
        triangles=task.triangles,
        lods=task.lods,
        texture_size=task.texture_size,
        resolution=task.resolution,
    )
    return build_asset(field, wish, name_of(task.request.prompt))
