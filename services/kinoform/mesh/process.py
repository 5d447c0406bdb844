"""How a stored mesh is changed. Its look goes along: what loses its UVs is unwrapped and baked again."""

from dataclasses import dataclass, replace

from kinoform.media.mesh.model import Mesh, MeshAsset, Part
from kinoform.media.mesh.read import read_mesh
from kinoform.media.surface.bake import bake
from kinoform.media.surface.decimate import decimate, lods
from kinoform.media.surface.errors import NotClosed
from kinoform.media.surface.mesh_source import MeshSource
from kinoform.media.surface.repair import repair
from kinoform.media.surface.scale import scaled
from kinoform.media.surface.unwrap import unwrap
from kinoform.mesh.files import deliver
from kinoform.mesh.tasks import ProcessTask
from kinoform.serving.errors import BadInput, blamed
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

MESH = "spec.mesh"
"""Field path of the mesh among a request's inputs."""
CLOSING_RESOLUTION = 128
"""Voxels along the longest edge of a mesh that is made anew to close it."""
MOST_UNWRAPPED = 250_000
"""Triangles; more would hold up the other jobs for a minute and longer."""
SMALLEST_TEXTURE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A mesh at its final number of triangles."""

    mesh: Mesh
    remade: bool
    """Whether it is another one than the one that was read: then UVs and colours are gone."""


async def process(task: ProcessTask, job: Job) -> None:
    """Changes the mesh and stores it. Raises BadInput for one that does not allow it."""
    job.reached(Stage.ENCODE, 0, 1)
    given = await job.read(MESH, task.mesh, read_mesh)
    source = given.lods[0]
    with blamed(MESH):
        job.reached(Stage.SURFACE, 0, task.lods + 1)
        shaped = await job.finish(_shaped, source.mesh, task)
        levels = await job.finish(lods, shaped.mesh, task.lods)
        parts = []
        for level, mesh in enumerate(levels):
            job.reached(Stage.SURFACE, level + 1, task.lods + 1)
            remade = shaped.remade or level > 0
            parts.append(await job.finish(_dressed, mesh, source, task, level, remade=remade))
        asset = MeshAsset(name=given.name, lods=tuple(parts))
        if task.height_m is not None:
            asset = scaled(asset, task.height_m)
    await deliver(asset, task.formats, job)


def _shaped(mesh: Mesh, task: ProcessTask) -> Shaped:
    remade = False
    if task.repair or task.close:
        mesh, found = repair(mesh, CLOSING_RESOLUTION if task.close else None)
        if task.close and not found.closed:
            raise NotClosed("no closed surface could be made around it")
        remade = True
    if task.triangles is not None and len(mesh.triangles) > task.triangles:
        mesh, remade = decimate(mesh, task.triangles), True
    return Shaped(mesh, remade)


def _dressed(mesh: Mesh, source: Part, task: ProcessTask, level: int, *, remade: bool) -> Part:
    """The level with UVs and textures where they are wanted, or were there and are gone."""
    has_look = source.material is not None or source.mesh.colours is not None
    if not task.unwrap and not (remade and has_look):
        return Part(mesh=mesh) if remade else source
    if len(mesh.triangles) > MOST_UNWRAPPED:
        raise BadInput(
            "spec.triangles",
            f"at most {MOST_UNWRAPPED} triangles are unwrapped, and there are {len(mesh.triangles)}: ask for fewer",
        )
    size = max(SMALLEST_TEXTURE, task.texture_size >> level)
    unwrapped = unwrap(replace(mesh, uvs=None, colours=None), size)
    if not has_look:
        return Part(mesh=unwrapped)
    return Part(mesh=unwrapped, material=bake(unwrapped, MeshSource(source), size, f"look-{level}"))
