"""What rendered pictures must show."""

from math import pi

import numpy as np
import pytest

from kinoform.media.mesh.model import Mesh, Part
from kinoform.media.render.camera import framing
from kinoform.media.render.environment import Environment
from kinoform.media.render.frame import Backdrop, Renderer, Rgba
from kinoform.media.render.scene import Scene
from kinoform.media.render.tone import from_srgb
from tests.media.render.objects import ball, box, plain

SIZE = 64
CONSTANT = Environment(floor=(0.5,) * 3, horizon=(0.5,) * 3, zenith=(0.5,) * 3)
RED = plain((200, 30, 30))


def shown(
    *parts: Part, backdrop: Backdrop | None = None, environment: Environment | None = None, **view: float
) -> Rgba:
    scene = Scene(parts)
    x, y, z = scene.centre.tolist()
    camera = framing((x, y, z), scene.radius, **view)
    return Renderer(scene, environment).draw(camera, SIZE, SIZE, backdrop)


@pytest.mark.parametrize("metallic", [0, 255])
@pytest.mark.parametrize("roughness", [40, 128, 255])
def test_a_white_ball_in_constant_light_shows_that_light_everywhere(roughness: int, metallic: int) -> None:
    white = plain((255, 255, 255), roughness=roughness, metallic=metallic)
    picture = shown(ball(white), environment=CONSTANT)
    # The lower half mirrors the ground, which lies in its shadow.
    upper = picture[: SIZE * 2 // 5]
    inside = upper[upper[..., 3] == 255][:, :3]
    # The tone mapper takes 0.04 off, a dielectric's reflection.
    light = from_srgb(inside.astype(np.float32) / 255)
    np.testing.assert_allclose(light, 0.46, atol=0.006)


def test_a_front_like_its_back_looks_the_same_from_both_sides() -> None:
    table = Part(mesh=box((-0.5, 0, -0.3), (0.5, 0.4, 0.3)), material=None)
    front, back = shown(table, azimuth=0.0, backdrop=Backdrop()), shown(table, azimuth=pi, backdrop=Backdrop())
    assert np.abs(front.astype(int) - back).max() <= 8


def test_without_a_backdrop_all_but_object_and_shadow_is_transparent() -> None:
    picture = shown(ball(RED))
    alpha = picture[..., 3]
    middle = np.s_[SIZE // 2 - 8 : SIZE // 2 + 8]
    assert (alpha[middle, middle] == 255).all()
    assert (alpha[: SIZE // 8, : SIZE // 8] == 0).all()
    shadow = picture[-2:, 8:-8]
    assert (shadow[..., 3] > 0).any()
    assert (shadow[..., :3] == 0).all()


def test_nothing_ends_at_the_border_of_a_transparent_picture() -> None:
    alpha = shown(ball(RED), elevation=0.6)[..., 3]
    assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) <= 10


def test_with_a_backdrop_everything_is_opaque_and_the_ground_lies_in_shadow() -> None:
    picture = shown(ball(RED), backdrop=Backdrop())
    assert (picture[..., 3] == 255).all()
    under, beside = picture[-4, SIZE * 5 // 8, :3], picture[-4, 2, :3]
    assert under.astype(int).sum() < beside.astype(int).sum() - 20


def test_light_does_not_reach_into_corners() -> None:
    wall, step = box((-0.5, 0, -0.1), (0.5, 1, 0)), box((-0.5, 0, 0), (0.5, 0.2, 0.6))
    scene = Scene([Part(mesh=step), Part(mesh=wall)])
    top = (scene.normals[:, 1] > 0.9) & (scene.positions[:, 1] < 0)
    corner = top & (scene.positions[:, 2] < scene.positions[top, 2].min() + 1e-3)
    edge = top & (scene.positions[:, 2] > scene.positions[top, 2].max() - 1e-3)
    assert scene.occlusion[corner].mean() < 0.6  # half of the sky is a wall
    assert scene.occlusion[edge].mean() > 0.8


def test_equal_scenes_give_equal_pictures() -> None:
    def picture() -> Rgba:
        return shown(Part(mesh=box((0, 0, 0), (1, 2, 1)), material=RED), ball(RED), azimuth=1.0, backdrop=Backdrop())

    assert picture().tobytes() == picture().tobytes()


def test_size_and_place_of_an_object_do_not_change_its_picture() -> None:
    small = box((0, 0, 0), (0.5, 1, 0.5))
    large = Mesh(positions=small.positions * 64 + 128, triangles=small.triangles, normals=small.normals)
    near, far = shown(Part(mesh=small), azimuth=0.7), shown(Part(mesh=large), azimuth=0.7)
    assert np.abs(near.astype(int) - far).max() <= 2


def test_vertex_colours_are_shown() -> None:
    mesh = box((0, 0, 0), (1, 1, 1))
    green = Mesh(
        positions=mesh.positions,
        triangles=mesh.triangles,
        normals=mesh.normals,
        colours=np.tile(np.array([20, 200, 20], np.uint8), (24, 1)),
    )
    red, seen_green, blue = shown(Part(mesh=green))[SIZE // 2, SIZE // 2, :3].astype(int)
    assert seen_green > red + 80
    assert seen_green > blue + 80


def test_edges_are_antialiased() -> None:
    alpha = shown(Part(mesh=box((0, 0, 0), (1, 1, 1))), azimuth=0.3, elevation=-0.2)[..., 3]
    partly = (alpha > 16) & (alpha < 240)
    assert partly.sum() > SIZE


def test_triangles_without_area_and_normals_without_length_do_no_harm() -> None:
    mesh = box((0, 0, 0), (1, 1, 1))
    broken = Mesh(
        positions=mesh.positions,
        triangles=np.concatenate([mesh.triangles, [[0, 0, 1], [5, 5, 5]]]).astype(np.int32),
        normals=np.where(np.arange(24)[:, None] == 3, 0, mesh.normals).astype(np.float32),
    )
    whole, harmed = shown(Part(mesh=mesh), azimuth=0.5), shown(Part(mesh=broken), azimuth=0.5)
    assert np.array_equal(whole[..., 3] == 255, harmed[..., 3] == 255)


def test_an_object_out_of_sight_leaves_the_backdrop() -> None:
    scene = Scene([Part(mesh=box((0, 0, 0), (1, 1, 1)))])
    camera = framing((50.0, 30.0, 0.0), 1.0)
    picture = Renderer(scene).draw(camera, SIZE, SIZE, None)
    assert (picture[..., 3] == 0).all()
