import numpy as np
import numpy.typing as npt
import pytest

from kinoform.media.mesh.model import Material, Mesh
from kinoform.media.surface.bake import unit32
from kinoform.media.surface.decimate import decimate
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.topology import is_solid
from kinoform.media.surface.triplanar import TriplanarSource, triplanar
from tests.media.surface.shapes import Sphere

TILE = 32


def waves() -> Material:
    """A tile with waves along u and along v, whose bumps are those of its red channel taken as a height."""
    turns = (np.arange(TILE) + 0.5) / TILE * 2 * np.pi
    u, v = np.meshgrid(turns, -turns)
    colour = np.stack([(np.sin(u) + 1) / 2, (np.sin(v) + 1) / 2, np.full_like(u, 0.5)], axis=-1)
    bumps = np.stack([-0.5 * np.cos(u), 0 * u, np.ones_like(u)], axis=-1)
    bumps /= np.linalg.norm(bumps, axis=-1, keepdims=True)
    return Material(name="waves", base_colour=as_bytes(colour), normal=as_bytes((bumps + 1) / 2), orm=as_bytes(colour))


def as_bytes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)


AXES = [(0, (2, 1), -1), (1, (0, 2), -1), (2, (0, 1), 1)]
"""Each axis, its plane's u and v axes, and the sign of the mirrored one as seen from the positive side."""


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("side", [1, -1])
def test_across_an_axis_the_tile_lies_flat_and_repeats(axis: int, side: int) -> None:
    source = TriplanarSource(waves(), 0.25)
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    normals = np.zeros_like(points)
    normals[:, axis] = side
    here = source.look(points, normals)
    for other in {0, 1, 2} - {axis}:
        moved = points.copy()
        moved[:, other] += 0.25
        there = source.look(moved, normals)
        assert there.colours == pytest.approx(here.colours, abs=1e-4)
        assert there.normals == pytest.approx(here.normals, abs=1e-4)
    assert (here.normals @ normals[0]).min() > 0.8


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("side", [1, -1])
def test_bumps_lean_down_the_height_that_they_come_from(axis: int, side: int) -> None:
    """The red channel is the height, so that the normal leans to where it falls, on all six sides."""
    source = TriplanarSource(waves(), 1.0)
    points = np.random.default_rng(1).uniform(-1, 1, (200, 3)).astype(np.float32)
    normals = np.zeros_like(points)
    normals[:, axis] = side
    gradient = np.zeros_like(points)
    for other in {0, 1, 2} - {axis}:
        step = np.zeros(3, np.float32)
        step[other] = 0.01
        ahead, behind = (source.look(points + sign * step, normals).colours[:, 0] for sign in (1, -1))
        gradient[:, other] = ahead - behind
    steep = np.linalg.norm(gradient, axis=1) > 0.02
    leaning = source.look(points, normals).normals - 0
    leaning[:, axis] = 0
    cosines = (unit32(leaning[steep]) * unit32(gradient[steep])).sum(axis=1)
    assert steep.sum() > 50
    assert cosines.max() < -0.95


def test_the_look_changes_smoothly_around_a_sphere() -> None:
    source = TriplanarSource(waves(), 0.5)
    turns = np.linspace(0, 2 * np.pi, 20_000)
    for tilt in (0.0, 0.7):
        around = np.stack([np.cos(turns), np.sin(turns) * np.cos(tilt), np.sin(turns) * np.sin(tilt)], axis=1)
        look = source.look(around.astype(np.float32), around.astype(np.float32))
        assert np.abs(np.diff(look.colours, axis=0)).max() < 0.02
        assert np.abs(np.diff(look.normals, axis=0)).max() < 0.02


def test_a_mesh_without_uvs_is_unwrapped_and_stays_closed() -> None:
    part = triplanar(decimate(surface_of(Sphere(), 32), 500), waves(), 0.5, 128)
    assert is_solid(part.mesh.positions, part.mesh.triangles)
    assert part.mesh.uvs is not None
    assert part.material is not None
    assert part.material.base_colour.shape == (128, 128, 3)
    assert part.material.normal is not None
    assert part.material.orm is not None
    assert part.material.base_colour[..., 2].min() == part.material.base_colour[..., 2].max() == 128


def test_a_wall_shows_the_tile_itself() -> None:
    part = triplanar(wall(), waves(), 1.0, TILE)
    assert part.material is not None
    assert np.abs(part.material.base_colour.astype(int) - waves().base_colour).max() <= 1
    assert part.material.normal is not None
    assert np.abs(part.material.normal.astype(int) - waves().normal).max() <= 1


@pytest.mark.parametrize("scale_m", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bad_scale_is_named(scale_m: float) -> None:
    with pytest.raises(BadWish, match=f"scale_m .* not {scale_m}"):
        triplanar(wall(), waves(), scale_m, TILE)


def wall() -> Mesh:
    """A square metre that faces +Z, and its UVs."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh(
        positions=np.pad(corners, ((0, 0), (0, 1))),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=corners,
    )
