"""Which way a mesh job goes."""

from typing import assert_never

from kinoform.mesh.process import process
from kinoform.mesh.relief import make_relief
from kinoform.mesh.shape import make_shape
from kinoform.mesh.tasks import MeshTask, ProcessTask, ReliefTask, ShapeTask, TextureTask, TurntableTask
from kinoform.mesh.texture import texture
from kinoform.mesh.turntable import show
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.models.shape import MeshRequest, SizedField
from kinoform.serving.job import Job
from kinoform.serving.models import Models


class MeshMaker:
    """Makes meshes with models of shapes, and textures them with models of materials."""

    def __init__(self, shapes: Models[MeshRequest, SizedField], materials: Models[MaterialRequest, TileMaps]) -> None:
        self._shapes = shapes
        self._materials = materials

    async def __call__(self, task: MeshTask, job: Job) -> None:
        """See `kinoform.serving.job.Make`."""
        match task:
            case ShapeTask():
                await make_shape(task, job, self._shapes)
            case ReliefTask():
                await make_relief(task, job)
            case ProcessTask():
                await process(task, job)
            case TextureTask():
                await texture(task, job, self._materials)
            case TurntableTask():
                await show(task, job)
            case _:
                assert_never(task)
