import numpy as np
import pytest

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.decimate import decimate
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.field import Field
from kinoform.media.surface.raster import rasterise
from kinoform.media.surface.tangents import tangents
from kinoform.media.surface.topology import is_solid
from kinoform.media.surface.unwrap import unwrap
from tests.media.surface.shapes import Box, Torus, random_union

SIZE = 256


@pytest.mark.parametrize("field", [Torus(), Box(), random_union(4)], ids=["torus", "box", "union"])
def test_uvs_are_in_range_do_not_overlap_and_move_nothing(field: Field) -> None:
    mesh = decimate(surface_of(field, 48), 1500)
    unwrapped = unwrap(mesh, SIZE)
    assert unwrapped.uvs is not None
    assert unwrapped.uvs.min() >= 0
    assert unwrapped.uvs.max() <= 1
    corners = np.sort(unwrapped.positions[unwrapped.triangles].reshape(len(mesh.triangles), -1), axis=0)
    assert (corners == np.sort(mesh.positions[mesh.triangles].reshape(len(mesh.triangles), -1), axis=0)).all()
    assert is_solid(unwrapped.positions, unwrapped.triangles)
    assert most_triangles_over_a_texel(unwrapped, SIZE) == 1


def test_texels_of_a_square_are_all_its_own_and_lie_where_they_should() -> None:
    mesh = square()
    assert mesh.uvs is not None
    texels = rasterise(mesh.uvs, mesh.triangles, 8)
    assert (texels.places == np.arange(64)).all()
    at = (mesh.positions[mesh.triangles[texels.triangles]] * texels.weights[..., None]).sum(axis=1)
    rows, columns = np.divmod(np.arange(64), 8)
    assert at[:, 0] == pytest.approx((columns + 0.5) / 8, abs=1e-6)
    assert at[:, 1] == pytest.approx(1 - (rows + 0.5) / 8, abs=1e-6)


def test_texels_that_a_triangle_only_touches_show_its_rim() -> None:
    sliver = np.array([[0.1, 0.51], [0.9, 0.51], [0.9, 0.52]], np.float32)  # between the rows of texel centres
    texels = rasterise(sliver, np.array([[0, 1, 2]], np.int32), 8)
    assert {3, 4} == set(texels.places // 8)
    assert texels.weights.min() >= 0
    assert texels.weights.sum(axis=1) == pytest.approx(1)


def test_uvs_that_cover_the_texture_too_often_are_refused() -> None:
    triangles = np.tile(np.array([[0, 1, 2]], np.int32), (1000, 1))
    with pytest.raises(BadWish, match="too many times"):
        rasterise(np.array([[0, 0], [1, 0], [0, 1]], np.float32), triangles, 64)


def test_uvs_without_an_area_between_the_texels_are_refused() -> None:
    with pytest.raises(BadWish, match="no texel"):
        rasterise(np.zeros((3, 2), np.float32) + 0.5, np.array([[0, 1, 2]], np.int32), 64)


def test_tangents_run_along_u_at_right_angles_to_the_normal() -> None:
    mesh = unwrap(decimate(surface_of(Torus(), 48), 1500), SIZE)
    found = tangents(mesh)
    assert np.linalg.norm(found[:, :3], axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs((found[:, :3] * mesh.normals).sum(axis=1)).max() < 1e-5
    assert set(np.unique(found[:, 3])) == {1}  # nothing is mirrored


def test_the_tangents_of_a_square_are_its_axes_and_a_mirrored_one_has_the_other_sign() -> None:
    assert tangents(square()) == pytest.approx(np.tile([1, 0, 0, 1], (4, 1)))
    assert tangents(square(mirrored=True)) == pytest.approx(np.tile([-1, 0, 0, -1], (4, 1)))


def test_vertices_whose_uvs_have_no_area_get_some_tangent() -> None:
    flat = square()
    still = Mesh(
        positions=flat.positions, triangles=flat.triangles, normals=flat.normals, uvs=np.zeros((4, 2), np.float32)
    )
    found = tangents(still)
    assert np.linalg.norm(found[:, :3], axis=1) == pytest.approx(1)
    assert np.abs((found[:, :3] * still.normals).sum(axis=1)).max() == 0


def test_tangents_need_uvs() -> None:
    with pytest.raises(BadWish, match="uvs"):
        tangents(surface_of(Box(), 16))


def square(*, mirrored: bool = False) -> Mesh:
    """From (0, 0, 0) to (1, 1, 0), facing +Z."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh(
        positions=np.pad(corners, ((0, 0), (0, 1))),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=corners * np.array([-1, 1], np.float32) + np.array([1, 0], np.float32) if mirrored else corners,
    )


def most_triangles_over_a_texel(mesh: Mesh, size: int) -> int:
    """How many triangles the centre of a texel is in, by a plain loop over the triangles."""
    assert mesh.uvs is not None
    counts = np.zeros((size, size), np.int64)
    for a, b, c in mesh.uvs[mesh.triangles].astype(np.float64) * size:
        low = np.floor(np.minimum(np.minimum(a, b), c)).astype(int)
        high = np.ceil(np.maximum(np.maximum(a, b), c)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        sides = [(q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))]
        inside = np.logical_and.reduce([side > 1e-9 for side in sides])
        counts[low[1] : high[1], low[0] : high[0]] += inside
    return int(counts.max())
