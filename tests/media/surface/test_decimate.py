import numpy as np
import pytest
from trimesh.creation import icosphere

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.decimate import by_tolerance, decimate, lods
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.field import Field
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.topology import is_solid, volume
from tests.media.surface.shapes import Box, Sphere, Torus, random_union


@pytest.mark.parametrize("field", [Sphere(), Torus(), Box(), *map(random_union, range(6))])
def test_a_decimated_mesh_is_closed_below_its_target_and_close_to_it(field: Field) -> None:
    mesh = surface_of(field, 64)
    for target in (4000, 600, 150):
        fewer = decimate(mesh, target)
        assert 0.95 * target <= len(fewer.triangles) <= target
        assert is_solid(fewer.positions, fewer.triangles)


def test_a_decimated_sphere_is_one_within_half_a_voxel() -> None:
    fewer = decimate(surface_of(Sphere(0.6), 64), 1500)
    assert np.abs(Sphere(0.6).distance(fewer.positions)).max() < 1 / 64
    assert volume(fewer.positions, fewer.triangles) == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.01)


def test_a_mesh_with_few_triangles_stays() -> None:
    mesh = surface_of(Box(), 16)
    same = decimate(mesh, len(mesh.triangles))
    assert len(same.triangles) == len(mesh.triangles)
    assert volume(same.positions, same.triangles) == pytest.approx(volume(mesh.positions, mesh.triangles))


def test_seams_of_split_vertices_are_closed_first() -> None:
    mesh = surface_of(Sphere(), 32)
    soup = Mesh(
        positions=mesh.positions[mesh.triangles].reshape(-1, 3),
        triangles=np.arange(3 * len(mesh.triangles), dtype=np.int32).reshape(-1, 3),
        normals=mesh.normals[mesh.triangles].reshape(-1, 3),
    )
    fewer = decimate(soup, 500)
    assert is_solid(fewer.positions, fewer.triangles)


def test_an_open_mesh_may_stay_open() -> None:
    ball = icosphere(subdivisions=4)
    half = smooth_mesh(ball.vertices.astype(np.float32), ball.faces[ball.triangles_center[:, 1] > 0].astype(np.int32))
    assert 0 < len(decimate(half, 300).triangles) <= 300


def test_every_level_has_a_quarter_of_the_triangles_and_is_closed() -> None:
    chain = lods(decimate(surface_of(Torus(), 64), 4000), 4)
    assert [len(mesh.triangles) for mesh in chain] == pytest.approx([4000, 1000, 250, 62], rel=0.05)
    assert all(is_solid(mesh.positions, mesh.triangles) for mesh in chain)


def test_the_way_by_tolerance_reaches_the_target_too() -> None:
    mesh = surface_of(Torus(), 64)
    positions, triangles = by_tolerance(mesh.positions, mesh.triangles, 1000)
    assert 500 < len(triangles) <= 1000
    assert is_solid(positions, triangles)
    assert np.abs(Torus().distance(positions)).max() < 2 / 64


@pytest.mark.parametrize("triangles", [15, 0, -1])
def test_a_bad_target_is_named(triangles: int) -> None:
    with pytest.raises(BadWish, match=f"triangles .* not {triangles}"):
        decimate(surface_of(Sphere(), 16), triangles)
