import numpy as np
import numpy.typing as npt
import pytest
from trimesh.creation import box, icosphere, torus

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import BadWish, NoSurface
from kinoform.media.surface.repair import repair
from kinoform.media.surface.topology import is_solid, volume

Array = npt.NDArray[np.float64] | npt.NDArray[np.int64]


def test_a_sound_mesh_stays_as_it_is() -> None:
    mesh = mesh_of(icosphere(2).vertices, icosphere(2).faces)
    same, report = repair(mesh)
    assert report.closed
    assert (report.joined_vertices, report.dropped_triangles, report.flipped_triangles, report.filled_holes) == (0,) * 4
    assert volume(same.positions, same.triangles) == pytest.approx(volume(mesh.positions, mesh.triangles))


def test_a_box_with_a_missing_face_is_closed_to_the_whole_box() -> None:
    cube = box()
    kept = cube.faces[cube.face_normals[:, 1] < 0.5]
    mesh, report = repair(mesh_of(cube.vertices, kept))
    assert report.closed
    assert report.filled_holes == 1
    assert not report.remeshed
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(1)


def test_many_holes_are_filled_each() -> None:
    ball = icosphere(subdivisions=3)
    corners = np.flatnonzero([len(around) == 5 for around in (f[f >= 0] for f in ball.vertex_faces)])
    kept = ball.faces[~np.isin(ball.faces, corners).any(axis=1)]
    mesh, report = repair(mesh_of(ball.vertices, kept))
    assert report.closed
    assert report.filled_holes == len(corners) == 12
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(ball.volume, rel=0.02)


def test_a_soup_with_triangles_turned_at_random_becomes_one_solid() -> None:
    ring = torus(1, 0.3)
    random = np.random.default_rng(0)
    turned = random.uniform(size=len(ring.faces)) < 0.5
    soup = np.where(turned[:, None], ring.faces[:, ::-1], ring.faces)
    positions = ring.vertices[soup].reshape(-1, 3) + random.uniform(-1e-8, 1e-8, (3 * len(soup), 3))
    mesh, report = repair(mesh_of(positions, np.arange(3 * len(soup)).reshape(-1, 3)))
    assert report.closed
    assert report.flipped_triangles == turned.sum()
    assert report.joined_vertices == 3 * len(soup) - len(ring.vertices)
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(ring.volume, rel=1e-5)


def test_pieces_turned_inside_out_are_turned_back_and_hollows_stay() -> None:
    outer, hollow, beside = box(), box(extents=(0.5,) * 3), box(extents=(0.5,) * 3)
    beside.apply_translation((2, 0, 0))
    positions = np.concatenate([outer.vertices, hollow.vertices, beside.vertices])
    triangles = np.concatenate([outer.faces, hollow.faces[:, ::-1] + 8, beside.faces[:, ::-1] + 16])
    mesh, report = repair(mesh_of(positions, triangles))
    assert report.closed
    assert report.flipped_triangles == 12
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(1 - 0.125 + 0.125)


def test_rubbish_among_the_triangles_is_dropped() -> None:
    cube = box()
    positions = np.concatenate([cube.vertices, [[np.nan, 0, 0], [np.inf, 0, 0], [1e30, 0, 0]]])
    bad = [[0, 1, 8], [0, 1, 9], [0, 1, 10], [0, 1, 99], [-1, 0, 1], [0, 0, 1], list(cube.faces[0][::-1])]
    mesh, report = repair(mesh_of(positions, np.concatenate([cube.faces, bad])))
    assert report.closed
    assert report.dropped_triangles == len(bad)
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(1)


def test_what_holes_do_not_explain_stays_open_unless_it_is_made_anew() -> None:
    cube = box()
    fin = mesh_of(np.concatenate([cube.vertices, [[3, 3, 3]]]), np.concatenate([cube.faces, [[0, 1, 8]]]))
    _, report = repair(fin)
    assert not report.closed
    assert not report.remeshed
    mesh, report = repair(fin, close_resolution=64)
    assert report.closed
    assert report.remeshed
    assert is_solid(mesh.positions, mesh.triangles)


def test_boxes_through_each_other_are_made_anew_as_their_union() -> None:
    cube, bar = box(), box(extents=(2, 0.5, 0.5))
    open_bar = bar.faces[np.abs(bar.face_normals[:, 0]) < 0.5][1:]
    odd = np.concatenate([cube.faces, open_bar + 8, [[0, 1, 9]]])
    mesh, report = repair(mesh_of(np.concatenate([cube.vertices, bar.vertices]), odd), close_resolution=64)
    assert report.remeshed
    assert report.closed
    assert volume(mesh.positions, mesh.triangles) > 0.9


def test_a_solid_made_anew_has_the_old_volume() -> None:
    ball = icosphere(subdivisions=3)
    doubled = np.concatenate([ball.faces, [[*ball.faces[0][:2], len(ball.vertices)]]])  # one triangle within
    mesh, report = repair(mesh_of(np.concatenate([ball.vertices, [[0, 0, 0]]]), doubled), close_resolution=64)
    assert report.remeshed
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(ball.volume, rel=0.02)
    assert np.abs(np.linalg.norm(mesh.positions, axis=1) - 1).max() < 2 / 64 / 0.9


@pytest.mark.parametrize("seed", range(20))
def test_random_rubbish_never_raises_anything_but_no_surface(seed: int) -> None:
    random = np.random.default_rng(seed)
    positions = random.normal(size=(30, 3)).round(seed % 3)
    positions[random.uniform(size=30) < 0.1] = np.nan
    triangles = random.integers(-2, 33, (random.integers(0, 60), 3))
    try:
        mesh, report = repair(mesh_of(positions, triangles), close_resolution=16)
    except NoSurface:
        return
    assert report.closed
    assert is_solid(mesh.positions, mesh.triangles)


@pytest.mark.parametrize("triangles", [[], [[0, 1, 1]], [[0, 1, 99]]])
def test_nothing_left_is_a_typed_error(triangles: list[list[int]]) -> None:
    with pytest.raises(NoSurface, match="usable"):
        repair(mesh_of(box().vertices, np.array(triangles).reshape(-1, 3)))


def test_a_bad_resolution_is_named() -> None:
    with pytest.raises(BadWish, match="not 33"):
        repair(mesh_of(box().vertices, box().faces[:1]), close_resolution=33)


def mesh_of(positions: Array, triangles: Array) -> Mesh:
    with np.errstate(over="ignore"):
        single = np.asarray(positions, np.float32)
    return Mesh(positions=single, triangles=np.asarray(triangles, np.int32), normals=np.zeros_like(single))
