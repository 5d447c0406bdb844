import numpy as np
import numpy.typing as npt
import pytest
from trimesh.creation import box, icosphere

from kinoform.media.mesh.model import Mesh, Part
from kinoform.media.surface.bake import bake
from kinoform.media.surface.decimate import decimate
from kinoform.media.surface.extract import surface_of, surface_of_volume
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.mesh_source import MeshSource, texture
from kinoform.media.surface.nearest import Nearest
from kinoform.media.surface.raster import rasterise
from kinoform.media.surface.unwrap import unwrap
from kinoform.media.surface.volume import sample
from tests.media.surface.shapes import Sphere, Torus

SIZE = 128


def test_a_mesh_decimated_and_unwrapped_anew_keeps_its_look() -> None:
    volume = sample(Torus(), 48)
    mesh = unwrap(decimate(surface_of_volume(volume), 2000), SIZE)
    original = Part(mesh=mesh, material=bake(mesh, FieldSource(Torus(), volume), SIZE, "original"))
    fewer = unwrap(decimate(mesh, 600), SIZE)
    material = bake(fewer, MeshSource(original), SIZE, "again")
    again = bake(fewer, FieldSource(Torus(), volume), SIZE, "again")
    assert material.orm is not None
    assert again.orm is not None
    assert material.normal is not None
    assert again.normal is not None
    assert differences(fewer, material.base_colour, again.base_colour).mean() < 2
    assert np.percentile(differences(fewer, material.base_colour, again.base_colour), 99) < 8
    assert differences(fewer, material.orm[..., :2], again.orm[..., :2]).mean() < 2
    assert differences(fewer, material.normal, again.normal).mean() < 3


def test_vertex_colours_are_taken_over() -> None:
    mesh = surface_of(Sphere(), 32)
    colours = np.rint((mesh.positions + 1) / 2 * 255).astype(np.uint8)
    coloured = Mesh(positions=mesh.positions, triangles=mesh.triangles, normals=mesh.normals, colours=colours)
    look = MeshSource(Part(mesh=coloured)).look(mesh.positions * np.float32(1.01), mesh.normals)
    assert look.orm is None
    assert look.colours == pytest.approx((mesh.positions + 1) / 2, abs=0.01)
    assert (look.normals * mesh.normals).sum(axis=1).min() > 0.999


def test_a_mesh_without_colours_is_grey() -> None:
    mesh = surface_of(Sphere(), 16)
    assert (MeshSource(Part(mesh=mesh)).look(mesh.positions, mesh.normals).colours == np.float32(0.8)).all()


def test_a_point_by_a_thin_wall_sees_the_side_that_faces_as_it_does() -> None:
    wall = box(extents=(1, 1, 0.02))
    positions, triangles = wall.vertices.astype(np.float32), wall.faces.astype(np.int32)
    points = np.array([[0.1, 0.2, -0.002], [0.1, 0.2, 0.002]], np.float32)
    hits = Nearest(positions, triangles).find(points, np.array([[0, 0, 1], [0, 0, -1]], np.float32))
    found = np.einsum("kci,kc->ki", positions[triangles[hits.triangles]], hits.weights)
    assert found == pytest.approx(np.array([[0.1, 0.2, 0.01], [0.1, 0.2, -0.01]], np.float32), abs=1e-6)


def test_the_nearest_points_of_a_sphere_are_the_nearest_there_are() -> None:
    ball = icosphere(subdivisions=2)
    positions, triangles = ball.vertices.astype(np.float32), ball.faces.astype(np.int32)
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    found = Nearest(positions, triangles).find(points)
    alone = np.min([Nearest(positions, one, samples=1).find(points).distances for one in triangles[:, None]], axis=0)
    assert found.distances == pytest.approx(alone, abs=1e-6)


def test_a_textures_texels_lie_at_their_centres_and_it_repeats() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20
    centres = np.array([[0.25, 0.75], [0.75, 0.75], [0.25, 0.25], [0.75, 0.25]], np.float32)
    assert texture(picture, centres) * 255 == pytest.approx(picture.reshape(4, 3))
    assert texture(picture, centres + np.array([3, -5], np.float32)) == pytest.approx(
        texture(picture, centres), abs=1e-6
    )
    assert texture(picture, np.array([[0, 0.75]], np.float32)) * 255 == pytest.approx(picture[:1].mean(axis=1))


def differences(mesh: Mesh, left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Of all covered texels, in levels."""
    assert mesh.uvs is not None
    places = rasterise(mesh.uvs, mesh.triangles, SIZE).places
    channels = left.shape[2]
    return np.abs(left.reshape(-1, channels)[places] - right.reshape(-1, channels)[places].astype(np.float64))
