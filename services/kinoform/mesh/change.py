"""What is done to meshes between reading, or sampling, and writing. Needs no torch: it runs in a process of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import radians

from kinoform.media.material.convert import mesh_material
from kinoform.media.material.maps import MaterialMaps
from kinoform.media.mesh.model import Mesh, MeshAsset, Part
from kinoform.media.render.frame import Backdrop, Rgba
from kinoform.media.render.turntable import turntable
from kinoform.media.surface.bake import bake
from kinoform.media.surface.decimate import decimate, fewer, lods
from kinoform.media.surface.errors import NotClosed
from kinoform.media.surface.extract import solid_of
from kinoform.media.surface.mesh_source import MeshSource
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.repair import repair
from kinoform.media.surface.triplanar import triplanar
from kinoform.media.surface.unwrap import unwrap
from kinoform.media.surface.volume import Volume
from kinoform.mesh.tasks import ProcessTask, ShapeTask, TextureTask, TurntableTask
from kinoform.serving.errors import BadInput

CLOSING_RESOLUTION = 128
"""Voxels along the longest edge of a mesh that is made anew to close it."""
SMALLEST_TEXTURE = 16
MOST_UNWRAPPED = 250_000
"""Triangles; more would take minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A mesh in its levels of detail, finest first."""

    levels: tuple[Mesh, ...]
    remade: bool
    """Whether even the finest is another one than the one that was read: then UVs and colours are gone."""


def texture_size_of(level: int, finest: int) -> int:
    """Edge of a level's textures in pixels: half of the one before."""
    return max(SMALLEST_TEXTURE, finest >> level)


def shells(volume: Volume, task: ShapeTask) -> tuple[Mesh, ...]:
    """The volume's surface in its levels of detail, unwrapped, in the cube [-1, 1]^3."""
    finest = smooth_mesh(*fewer(*solid_of(volume), task.triangles))
    levels = enumerate(lods(finest, task.lods))
    return tuple(unwrap(mesh, texture_size_of(level, task.texture_size)) for level, mesh in levels)


def shaped(mesh: Mesh, task: ProcessTask) -> Shaped:
    """The mesh repaired and decimated as the task has it. Raises NoSurface, NotClosed."""
    remade = False
    if task.repair or task.close:
        mesh, found = repair(mesh, CLOSING_RESOLUTION if task.close else None)
        if task.close and not found.closed:
            raise NotClosed("no closed surface could be made around it")
        remade = True
    if task.triangles is not None and len(mesh.triangles) > task.triangles:
        mesh, remade = decimate(mesh, task.triangles), True
    return Shaped(lods(mesh, task.lods), remade)


def dressed(mesh: Mesh, source: Part, task: ProcessTask, level: int, remade: bool) -> Part:
    """The level with UVs and textures where they are wanted, or were there and are gone.

    source: how it looked. remade: whether `mesh` is not the source's own. Raises BadInput for too many triangles.
    """
    has_look = source.material is not None or source.mesh.colours is not None
    if not task.unwrap and not (remade and has_look):
        return Part(mesh=mesh) if remade else source
    if len(mesh.triangles) > MOST_UNWRAPPED:
        raise BadInput(
            "spec.triangles",
            f"at most {MOST_UNWRAPPED} triangles are unwrapped, and there are {len(mesh.triangles)}: ask for fewer",
        )
    size = texture_size_of(level, task.texture_size)
    unwrapped = unwrap(replace(mesh, uvs=None, colours=None), size)
    if not has_look:
        return Part(mesh=unwrapped)
    return Part(mesh=unwrapped, material=bake(unwrapped, MeshSource(source), size, f"look-{level}"))


def textured(part: Part, maps: MaterialMaps, task: TextureTask) -> Part:
    """The part with another look."""
    # Unwrapped anew whatever there is: places that share texels could not be told apart.
    bare = replace(part.mesh, uvs=None, colours=None)
    return triplanar(bare, mesh_material("look", maps), task.tile_m or maps.size_m, task.texture_size)


def drawn(asset: MeshAsset, task: TurntableTask) -> Iterator[Rgba]:
    """The frames of a turntable, one after the other: uint8 (size, size, 4)."""
    return turntable(
        asset.lods[:1],
        frames=task.frames,
        width=task.size,
        height=task.size,
        elevation=radians(task.elevation_deg),
        backdrop=None if task.transparent else Backdrop(),
    )
