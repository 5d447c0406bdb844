"""The parts of shading, each by itself."""

import numpy as np
import numpy.typing as npt

from kinoform.media.render.brdf import Surface, reflected, split_sum
from kinoform.media.render.environment import Environment, Softbox, studio
from kinoform.media.render.sampling import sphere_directions
from kinoform.media.render.subdivide import subdivide
from kinoform.media.render.texture import Texture
from kinoform.media.render.tone import from_srgb, neutral, to_srgb

Floats = npt.NDArray[np.float32]


def surface(normals: Floats, views: Floats, base: float, roughness: float, metallic: float) -> Surface:
    count = len(normals)

    def all_of(value: float) -> Floats:
        return np.full(count, value, np.float32)

    return Surface(
        normals, views, np.full((count, 3), base, np.float32), all_of(roughness), all_of(metallic), all_of(1)
    )


def test_a_mirror_shows_exactly_what_is_in_the_mirrored_direction() -> None:
    views = sphere_directions(500)
    normals = sphere_directions(500)[::-1]
    facing = np.einsum("ij,ij->i", normals, views) > 0.05
    mirror = surface(normals[facing], views[facing], 1, 0, 1)
    ones = np.ones(facing.sum(), np.float32)
    seen = reflected(mirror, studio(), ones, ones)
    there = studio().ambient(mirror.mirrored, 0 * ones, ones) + studio().key_light(mirror.mirrored, 0 * ones)
    np.testing.assert_allclose(seen, there, rtol=2e-3, atol=2e-3)


def test_no_surface_returns_more_than_it_receives() -> None:
    bright = Environment(floor=(1, 1, 1), horizon=(1, 1, 1), zenith=(1, 1, 1))
    views = sphere_directions(200)
    up = np.tile(np.array([0, 1, 0], np.float32), (200, 1))
    above = views[:, 1] > 0.01
    ones = np.ones(above.sum(), np.float32)
    for base in (0.0, 0.5, 1.0):
        for roughness in (0.0, 0.3, 1.0):
            for metallic in (0.0, 0.5, 1.0):
                seen = reflected(surface(up[above], views[above], base, roughness, metallic), bright, ones, ones)
                assert seen.max() <= 1 + 1e-3
                assert seen.min() >= 0


def test_a_smooth_surface_loses_nothing_and_a_rough_one_some() -> None:
    facing = np.linspace(0.1, 1, 9, dtype=np.float32)
    smooth = sum(split_sum(facing, np.zeros(9, np.float32)))
    rough = np.asarray(sum(split_sum(facing, np.ones(9, np.float32))))
    np.testing.assert_allclose(smooth, 1, atol=1e-4)
    assert rough.max() < 0.9


def test_a_softbox_is_where_it_was_put_and_as_bright_as_said() -> None:
    box = Softbox(azimuth=0.5, elevation=0.3, half_width=0.3, half_height=0.2, light=(5, 5, 5))
    middle, opposite = box.axes[2:], -box.axes[2:]
    sharp = np.zeros(1, np.float32)
    np.testing.assert_allclose(box.coverage(middle, sharp), 1, atol=1e-4)
    np.testing.assert_allclose(box.coverage(opposite, sharp), 0, atol=1e-4)
    corner = box.directions(np.ones(1, np.float32), np.ones(1, np.float32))
    np.testing.assert_allclose(box.coverage(corner, sharp), 0.25, atol=0.01)


def test_a_rough_lobe_keeps_a_softbox_light() -> None:
    box = Softbox(azimuth=0, elevation=0, half_width=0.4, half_height=0.3, light=(1, 1, 1))
    directions = sphere_directions(20_000)
    total = [box.coverage(directions, np.full(20_000, spread, np.float32)).mean() for spread in (0.0, 0.2, 0.4)]
    np.testing.assert_allclose(np.array(total) * 4 * np.pi, box.solid_angle, rtol=0.12)


def test_irradiance_of_a_gradient_is_that_of_the_integral() -> None:
    sky = Environment(floor=(0, 0, 0), horizon=(1, 1, 1), zenith=(1, 1, 1))
    up, down, side = (
        np.eye(3, dtype=np.float32)[1:2],
        -np.eye(3, dtype=np.float32)[1:2],
        np.eye(3, dtype=np.float32)[:1],
    )
    np.testing.assert_allclose(sky.ambient_irradiance(up), 1, atol=0.03)
    np.testing.assert_allclose(sky.ambient_irradiance(down), 0, atol=0.03)
    np.testing.assert_allclose(sky.ambient_irradiance(side), 0.5, atol=0.02)


def test_srgb_goes_there_and_back_exactly() -> None:
    codes = np.linspace(0, 1, 256, dtype=np.float32)
    assert (np.rint(to_srgb(from_srgb(codes)) * 255) == np.arange(256)).all()


def test_the_tone_mapper_keeps_base_colours_and_never_clips() -> None:
    reds = np.outer(np.linspace(0, 50, 2000), [1, 0.2, 0.1]).astype(np.float32)
    mapped = neutral(reds)
    assert (np.diff(mapped[:, 0]) >= -1e-6).all()
    assert mapped.max() < 1
    grey = np.full((1, 3), 0.5, np.float32)
    np.testing.assert_allclose(neutral(grey), 0.46, atol=1e-6)


def test_texels_are_read_where_they_are() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    rows, columns = (grid.reshape(-1) for grid in np.mgrid[:4, :4])
    uvs = np.stack([(columns + 0.5) / 4, 1 - (rows + 0.5) / 4], axis=-1).astype(np.float32)
    texture = Texture.of(picture, srgb=False)
    seen = texture.sample(uvs, np.zeros(16, np.float32))
    np.testing.assert_allclose(seen * 255, picture.reshape(-1, 3), atol=1e-4)
    np.testing.assert_allclose(texture.sample(uvs + 3, np.zeros(16, np.float32)), seen, atol=1e-4)


def test_a_far_texture_is_its_mean() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[::2, ::2] = picture[1::2, 1::2] = 255
    uvs = sphere_directions(50)[:, :2]
    seen = Texture.of(picture, srgb=False).sample(uvs, np.ones(50, np.float32))
    np.testing.assert_allclose(seen, 0.5, atol=1e-6)


def test_splitting_keeps_area_and_every_edge_paired() -> None:
    corners = np.array([[0, 0, 0], [4, 0, 0], [0, 1, 0], [0, 0, 2]], np.float32)
    solid = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    vertices, triangles = subdivide(corners, solid, 0.6, 10_000)

    def area(places: Floats, faces: npt.NDArray[np.int32]) -> float:
        a, b, c = places[faces].transpose(1, 0, 2)
        return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)

    np.testing.assert_allclose(area(vertices, triangles), area(corners, solid), rtol=1e-5)
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    assert {(a, b) for a, b in edges.tolist()} == {(b, a) for a, b in edges.tolist()}
    assert np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1).max() <= 0.6
