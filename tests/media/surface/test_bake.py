from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from kinoform.media.mesh.model import Material, Mesh
from kinoform.media.surface.bake import bake
from kinoform.media.surface.decimate import decimate
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.extract import surface_of, surface_of_volume
from kinoform.media.surface.field import Field
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.raster import Texels, rasterise
from kinoform.media.surface.tangents import tangents
from kinoform.media.surface.unwrap import unwrap
from kinoform.media.surface.volume import sample
from tests.media.surface.shapes import Box, Sphere, Torus, Union

SIZE = 128


@dataclass(frozen=True)
class Baked:
    """A mesh with textures, and what is at each texel of it that a triangle covers."""

    mesh: Mesh
    material: Material
    texels: Texels

    def at_texels(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Values of vertices, interpolated."""
        corners = values[self.mesh.triangles[self.texels.triangles]]
        return np.einsum("kci,kc->ki", corners, self.texels.weights)

    def shown(self, picture: npt.NDArray[np.uint8] | None) -> npt.NDArray[np.float32]:
        """The picture's texels, in [0, 1]."""
        assert picture is not None
        return (picture.reshape(-1, 3)[self.texels.places] / 255).astype(np.float32)

    def shown_normals(self) -> npt.NDArray[np.float32]:
        """As a viewer that follows glTF 2.0 finds them, in the mesh's space."""
        frames = tangents(self.mesh)
        normal, tangent = unit(self.at_texels(self.mesh.normals)), unit(self.at_texels(frames[:, :3]))
        sign = frames[self.mesh.triangles[self.texels.triangles][:, 0], 3:]
        x, y, z = (self.shown(self.material.normal) * 2 - 1).T[..., None]
        return unit(x * tangent + y * np.cross(normal, tangent) * sign + z * normal)


def test_texels_show_the_fields_colours_where_they_are() -> None:
    baked = bake_field(Torus(), triangles=1000)
    assert baked.shown(baked.material.base_colour) == pytest.approx(
        (baked.at_texels(baked.mesh.positions) + 1) / 2, abs=0.02
    )


def test_the_normal_map_of_a_coarse_sphere_gives_the_spheres_normals() -> None:
    baked = bake_field(Sphere(0.6), triangles=120)
    true = unit(baked.at_texels(baked.mesh.positions))
    angles = np.degrees(np.arccos(np.clip((baked.shown_normals() * true).sum(axis=1), -1, 1)))
    without = np.degrees(np.arccos(np.clip((unit(baked.at_texels(baked.mesh.normals)) * true).sum(axis=1), -1, 1)))
    assert angles.max() < 0.6
    assert angles.mean() < without.mean() / 3


def test_the_normal_map_of_a_torus_gives_the_torus_normals() -> None:
    baked = bake_field(Torus(0.55, 0.2), triangles=400)
    points = baked.at_texels(baked.mesh.positions)
    ring = unit(points * np.array([1, 0, 1], np.float32)) * np.float32(0.55)
    angles = np.degrees(np.arccos(np.clip((baked.shown_normals() * unit(points - ring)).sum(axis=1), -1, 1)))
    assert np.percentile(angles, 98) < 5


def test_flat_faces_have_a_flat_normal_map() -> None:
    field = Box((0.5, 0.5, 0.5))
    mesh = flat_square(0.5, half=0.3)
    material = bake(mesh, FieldSource(field, sample(field, 64)), 64, "flat")
    assert material.normal is not None
    assert (material.normal == (128, 128, 255)).all()


def test_roughness_and_metallic_are_the_fields() -> None:
    baked = bake_field(Sphere(0.6), triangles=400)
    points = baked.at_texels(baked.mesh.positions)
    orm = baked.shown(baked.material.orm)
    assert orm[:, 1] == pytest.approx((points[:, 1] + 1) / 2, abs=0.02)
    away = np.abs(points[:, 0]) > 0.02
    assert (orm[away, 2] == (points[away, 0] > 0)).all()


def test_what_is_open_is_bright_and_a_corner_is_half_dark() -> None:
    ball = bake_field(Sphere(0.6), triangles=400)
    assert ball.shown(ball.material.orm)[:, 0].min() > 0.97
    steps = Union([Box((0.9, 0.3, 0.9), (0, -0.6, 0)), Box((0.3, 0.9, 0.9), (-0.6, 0, 0))])
    source = FieldSource(steps, sample(steps, 64))
    points = np.array([[x, -0.3, 0] for x in (-0.299, -0.2, -0.1, 0.3)], np.float32)
    orm = source.look(points, np.tile(np.array([0, 1, 0], np.float32), (4, 1))).orm
    assert orm is not None
    assert orm[0, 0] == pytest.approx(0.5, abs=0.08)
    assert (np.diff(orm[:, 0]) > 0).all()
    assert orm[3, 0] > 0.97


def test_the_gutter_repeats_the_nearest_texel() -> None:
    baked = bake_field(Torus(), triangles=400)
    bare = np.ones(SIZE * SIZE, np.bool_)
    bare[baked.texels.places] = False
    there = np.stack(np.divmod(baked.texels.places, SIZE), axis=1)
    for place in np.flatnonzero(bare)[::997]:
        squares = ((there - np.divmod(place, SIZE)) ** 2).sum(axis=1)
        equals = baked.texels.places[squares == squares.min()]
        picture = baked.material.base_colour.reshape(-1, 3)
        assert (picture[equals] == picture[place]).all(axis=1).any()


def test_a_bad_size_and_missing_uvs_are_named() -> None:
    source = FieldSource(Sphere(), sample(Sphere(), 16))
    with pytest.raises(BadWish, match=r"texture_size .* not 0"):
        bake(flat_square(0), source, 0, "x")
    with pytest.raises(BadWish, match="uvs"):
        bake(surface_of(Sphere(), 16), source, 16, "x")


def bake_field(field: Field, triangles: int) -> Baked:
    volume = sample(field, 64)
    mesh = unwrap(decimate(surface_of_volume(volume), triangles), SIZE)
    assert mesh.uvs is not None
    return Baked(mesh, bake(mesh, FieldSource(field, volume), SIZE, "baked"), rasterise(mesh.uvs, mesh.triangles, SIZE))


def flat_square(z: float, half: float = 1) -> Mesh:
    """Facing +Z."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh(
        positions=np.concatenate([(corners * 2 - 1) * half, np.full((4, 1), z)], axis=1).astype(np.float32),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=corners,
    )


def unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
