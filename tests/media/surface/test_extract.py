import numpy as np
import pytest
import trimesh

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import BadWish, NoSurface
from kinoform.media.surface.extract import surface_of, surface_of_volume
from kinoform.media.surface.field import Field
from kinoform.media.surface.tetrahedra import marching_tetrahedra
from kinoform.media.surface.topology import areas, is_closed, is_solid, manifold_of, volume
from kinoform.media.surface.volume import Volume, fenced, sample
from tests.media.surface.shapes import Box, Constant, Counted, Sphere, Torus, Union, random_union

PI = np.pi


@pytest.mark.parametrize(
    ("field", "true_volume", "true_area", "genus"),
    [
        (Sphere(0.6), 4 / 3 * PI * 0.6**3, 4 * PI * 0.6**2, 0),
        (Torus(0.55, 0.2), 2 * PI**2 * 0.55 * 0.2**2, 4 * PI**2 * 0.55 * 0.2, 1),
        (Box((0.5, 0.3, 0.7)), 8 * 0.5 * 0.3 * 0.7, 8 * (0.15 + 0.21 + 0.35), 0),
    ],
    ids=["sphere", "torus", "box"],
)
def test_the_surface_has_the_volume_area_genus_and_place_of_the_shape(
    field: Field, true_volume: float, true_area: float, genus: int
) -> None:
    mesh = surface_of(field, 64)
    assert volume(mesh.positions, mesh.triangles) == pytest.approx(true_volume, rel=0.01)
    assert areas(mesh.positions, mesh.triangles).sum() == pytest.approx(true_area, rel=0.03)
    assert manifold_of(mesh.positions, mesh.triangles).genus() == genus
    assert np.abs(field.distance(mesh.positions)).max() < 2 / 64


def test_the_error_falls_with_the_square_of_the_step() -> None:
    coarse, fine = (np.abs(Sphere(0.6).distance(surface_of(Sphere(0.6), size).positions)).max() for size in (24, 72))
    assert coarse / fine > 8


@pytest.mark.parametrize("field", [Torus(), Box(), random_union(3)], ids=["torus", "box", "union"])
@pytest.mark.parametrize("resolution", [32, 64])
def test_asking_few_points_gives_the_dense_grids_surface_bit_for_bit(field: Field, resolution: int) -> None:
    sparse, all_points = surface_of(field, resolution), surface_of_volume(dense(field, resolution))
    assert sparse.positions.tobytes() == all_points.positions.tobytes()
    assert sparse.triangles.tobytes() == all_points.triangles.tobytes()


def test_few_points_are_asked() -> None:
    counted = Counted(Sphere(0.6))
    found = sample(counted, 128)
    assert counted.asked == found.evaluations < 129**3 / 8


def test_distances_clamped_to_little_lose_nothing() -> None:
    class Clamped(Torus):
        def distance(self, points: np.ndarray) -> np.ndarray:
            return np.clip(super().distance(points), -0.05, 0.05)

    assert surface_of(Clamped(), 64).positions.tobytes() == surface_of_volume(dense(Torus(), 64)).positions.tobytes()


@pytest.mark.parametrize("seed", range(12))
def test_random_unions_are_closed_and_manifold(seed: int) -> None:
    for resolution in (16, 40, 64):
        assert_closed(surface_of(random_union(seed), resolution))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_is_closed_and_manifold(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(25, 25, 25)).astype(np.float32)
    assert_closed(surface_of_volume(Volume(distances=fenced(noise), evaluations=0)))


def test_a_surface_through_the_grids_corners_is_closed() -> None:
    assert_closed(surface_of(Box((0.5, 0.25, 0.75)), 32))
    assert_closed(surface_of(Union([Box((0.25,) * 3, (-0.25,) * 3), Box((0.25,) * 3, (0.25,) * 3)]), 32))


def test_a_shape_that_leaves_the_cube_is_closed_at_its_border() -> None:
    mesh = surface_of(Sphere(1.2), 32)
    assert_closed(mesh)
    assert np.abs(mesh.positions).max() <= 1


def test_tetrahedra_are_closed_on_noise_and_exact_on_a_sphere() -> None:
    noise = np.random.default_rng(0).normal(size=(20, 20, 20)).astype(np.float32)
    assert is_closed(marching_tetrahedra(fenced(noise))[1])
    positions, triangles = marching_tetrahedra(sample(Sphere(0.6), 64).distances)
    assert is_solid(positions, triangles)
    assert volume(positions / np.float32(32) - 1, triangles) == pytest.approx(4 / 3 * PI * 0.6**3, rel=0.01)


def test_crumbs_are_dropped_and_parts_are_kept() -> None:
    field = Union([Sphere(0.5, (-0.4, 0, 0)), Sphere(0.2, (0.5, 0, 0)), Sphere(0.05, (0.5, 0.8, 0))])
    mesh = surface_of(field, 64)
    assert mesh.positions[:, 1].max() < 0.6
    assert mesh.positions[:, 0].max() > 0.65


def test_normals_are_the_spheres() -> None:
    mesh = surface_of(Sphere(0.6), 64)
    assert (mesh.normals * mesh.positions / 0.6).sum(axis=1).min() > np.cos(np.radians(2.5))


@pytest.mark.parametrize("value", [1.0, -1.0, np.nan, np.inf])
def test_a_field_without_a_surface_is_a_typed_error(value: float) -> None:
    with pytest.raises(NoSurface):
        surface_of(Constant(value), 32)


def test_a_ball_between_the_samples_is_no_surface() -> None:
    with pytest.raises(NoSurface, match="empty"):
        surface_of(Sphere(0.01, (0.03, 0.03, 0.03)), 16)


@pytest.mark.parametrize("resolution", [0, 4, 30, 264, -8])
def test_a_bad_resolution_is_named(resolution: int) -> None:
    with pytest.raises(BadWish, match=f"resolution .* not {resolution}"):
        surface_of(Sphere(), resolution)


def dense(field: Field, resolution: int) -> Volume:
    along = np.arange(resolution + 1) * (2.0 / resolution) - 1.0
    points = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).astype(np.float32)
    distances = field.distance(points.reshape(-1, 3)).reshape(points.shape[:3])
    return Volume(distances=fenced(distances), evaluations=distances.size)


def assert_closed(mesh: Mesh) -> None:
    assert is_solid(mesh.positions, mesh.triangles)
    assert volume(mesh.positions, mesh.triangles) > 0
    assert trimesh.Trimesh(mesh.positions, mesh.triangles).is_watertight
