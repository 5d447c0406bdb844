"""From a field to an asset: beside plain scikit-image and trimesh, and stage by stage."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import trimesh
from skimage.measure import marching_cubes

from kinoform.media.surface.bake import bake
from kinoform.media.surface.decimate import fewer
from kinoform.media.surface.extract import solid_of
from kinoform.media.surface.field import Field, Points
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.unwrap import unwrap
from kinoform.media.surface.volume import Values, sample
from tests.benchmarks.table import Figure, median

RUNS = 5
TRIANGLES = 10_000
TEXTURE = 1024
STAGES = ("sample", "marching cubes", "decimate", "unwrap", "bake")


class Things:
    """A ring, a block with sharp edges and a thin post, by their exact distances."""

    def distance(self, points: Points) -> Values:
        """Of the nearest of the three."""
        x, y, z = points.T
        ring = np.hypot(np.hypot(x, z) - 0.5, y) - 0.2
        block = np.maximum(np.maximum(np.abs(x - 0.3) - 0.2, np.abs(y) - 0.7), np.abs(z) - 0.3)
        post = np.maximum(np.hypot(x + 0.5, z + 0.3) - 0.06, np.abs(y) - 0.8)
        return np.minimum(np.minimum(ring, block), post).astype(np.float32)

    def appearance(self, points: Points) -> Values:
        """Colours by position."""
        return np.concatenate([(points + 1) / 2, np.full((len(points), 2), 0.5)], axis=1).astype(np.float32)


def figures() -> Iterator[Figure]:
    """Surface and decimation against the plain way, then the seconds of every stage."""
    for resolution in (128, 256):
        yield against_plain(Things(), resolution)
    for resolution in (96, 128):
        yield from stages(Things(), resolution)


def against_plain(field: Field, resolution: int) -> Figure:
    """The same grid, and as many triangles left, from the field to the decimated mesh."""
    ratios = []
    for _ in range(RUNS + 1):
        ours = seconds(lambda: fewer(*solid_of(sample(field, resolution)), TRIANGLES))
        ratios.append(ours / seconds(lambda: plain(field, resolution)))
    return Figure(
        name=f"surface and decimation at {resolution}^3 / scikit-image and trimesh on the dense grid",
        value=median(ratios[1:]),
        unit="ratio",
        limit="<= 1",
        note=f"median of {RUNS} pairs, {TRIANGLES} triangles, closed by promise in ours only",
    )


def plain(field: Field, resolution: int) -> trimesh.Trimesh:
    """What a script would do."""
    along = np.linspace(-1, 1, resolution + 1, dtype=np.float32)
    points = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1)
    grid = field.distance(points.reshape(-1, 3)).reshape(points.shape[:3])
    positions, triangles, _, _ = marching_cubes(grid, 0.0)
    mesh = trimesh.Trimesh(positions, triangles)
    return mesh.simplify_quadric_decimation(face_count=TRIANGLES)


def stages(field: Field, resolution: int) -> Iterator[Figure]:
    """Each stage's share of one asset."""
    taken: dict[str, list[float]] = {name: [] for name in STAGES}
    for _ in range(RUNS):
        clock = [time.process_time()]
        volume = sample(field, resolution)
        clock.append(time.process_time())
        fine = solid_of(volume)
        clock.append(time.process_time())
        mesh = smooth_mesh(*fewer(*fine, TRIANGLES))
        clock.append(time.process_time())
        unwrapped = unwrap(mesh, TEXTURE)
        clock.append(time.process_time())
        bake(unwrapped, FieldSource(field, volume), TEXTURE, "things")
        clock.append(time.process_time())
        for name, begun, ended in zip(STAGES, clock, clock[1:], strict=False):
            taken[name].append(ended - begun)
    note = f"median of {RUNS}, {TRIANGLES} triangles, {TEXTURE}^2 textures, analytic field"
    medians = {name: median(times) for name, times in taken.items()}
    for name, value in medians.items():
        yield Figure(name=f"{resolution}^3: {name}", value=value, unit="CPU s", note=note)
    yield Figure(name=f"{resolution}^3: all", value=sum(medians.values()), unit="CPU s", limit="<= 5", note=note)


def seconds(act: Callable[[], object]) -> float:
    """Of processor time, which other work on the machine disturbs less."""
    begun = time.process_time()
    act()
    return time.process_time() - begun
