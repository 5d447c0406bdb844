"""Turntables, and the files for transparent ones."""

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import BadFrames
from kinoform.media.mesh.model import Part
from kinoform.media.render.alpha import write_rgba_zip, write_webm_alpha
from kinoform.media.render.camera import framing
from kinoform.media.render.frame import Renderer, Rgba
from kinoform.media.render.scene import Scene
from kinoform.media.render.sphere import uv_sphere
from kinoform.media.render.turntable import poster, turntable
from tests.media.render.objects import box, plain

BRICK = Part(mesh=box((0, 0, 0), (1, 0.5, 0.2)), material=plain((180, 80, 60)))


def turned(frames: int = 4) -> list[Rgba]:
    return list(turntable([BRICK], frames=frames, width=48, height=48, backdrop=None))


def test_a_whole_turn_ends_where_it_began() -> None:
    scene = Scene([BRICK])
    renderer = Renderer(scene)
    first, last = (
        renderer.draw(framing((0.5, 0.25, 0.1), scene.radius, azimuth=azimuth), 48, 48, None)
        for azimuth in (0, 2 * np.pi)
    )
    assert first.tobytes() == last.tobytes()


def test_frames_show_front_side_back_and_side() -> None:
    widths = [int((frame[24, :, 3] == 255).sum()) for frame in turned()]
    assert widths[0] == widths[2]
    assert widths[1] == widths[3]
    assert widths[0] > 2 * widths[1]


def test_the_whole_object_is_in_the_picture() -> None:
    for frame in turned(6):
        whole = frame[..., 3] == 255
        assert not np.concatenate([whole[0], whole[-1], whole[:, 0], whole[:, -1]]).any()


def test_a_poster_is_opaque_and_of_the_asked_size() -> None:
    picture = poster([BRICK], width=60, height=40)
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8


def test_a_transparent_webm_keeps_colour_and_alpha(tmp_path: Path) -> None:
    frames = turned()
    write_webm_alpha(tmp_path / "a.webm", frames, Fraction(24))
    with av.open(tmp_path / "a.webm") as container:
        stream = container.streams.video[0]
        assert stream.metadata["ALPHA_MODE"] == "1"
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        decoded = [
            frame.to_ndarray(format="rgba") for packet in container.demux(stream) for frame in decoder.decode(packet)
        ]
    assert len(decoded) == len(frames)
    for frame, again in zip(frames, decoded, strict=True):
        assert np.abs(frame[..., 3].astype(int) - again[..., 3]).mean() < 3
        inside = frame[..., 3] == 255
        assert np.abs(frame[inside].astype(int) - again[inside]).mean() < 8


def test_equal_frames_give_equal_webm_files(tmp_path: Path) -> None:
    for name in ("a.webm", "b.webm"):
        write_webm_alpha(tmp_path / name, turned(2), Fraction(24000, 1001))
    assert (tmp_path / "a.webm").read_bytes() == (tmp_path / "b.webm").read_bytes()


def test_a_zip_of_transparent_frames_is_lossless(tmp_path: Path) -> None:
    frames = turned(2)
    write_rgba_zip(tmp_path / "a.zip", frames)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["frame_0001.png", "frame_0002.png"]
        again = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in archive.namelist()]
    assert np.array_equal(np.stack(frames), np.stack(again))


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [np.zeros((4, 4, 3), np.uint8)],
        [np.zeros((4, 5, 4), np.uint8)],
        [np.zeros((4, 4, 4), np.uint8), np.zeros((6, 4, 4), np.uint8)],
    ],
)
def test_frames_that_vp9_cannot_hold_are_refused(tmp_path: Path, frames: list[Rgba]) -> None:
    with pytest.raises(BadFrames):
        write_webm_alpha(tmp_path / "a.webm", frames, Fraction(24))


def test_a_ball_is_closed_round_and_wrapped_once() -> None:
    ball = uv_sphere(0.5, segments=16, rings=8)
    np.testing.assert_allclose(np.linalg.norm(ball.positions, axis=1), 0.5, rtol=1e-6)
    a, b, c = ball.positions[ball.triangles].transpose(1, 0, 2)
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c)
    assert (outward > 0).all()
    assert ball.uvs is not None
    _, places_of = np.unique(ball.positions, axis=0, return_inverse=True)
    edges = {(p, q) for t in places_of[ball.triangles].tolist() for p, q in zip(t, t[1:] + t[:1], strict=True)}
    assert edges == {(q, p) for p, q in edges}
    p, q, r = ball.uvs[ball.triangles].transpose(1, 0, 2)
    (qx, qy), (rx, ry) = (q - p).T, (r - p).T
    areas = (qx * ry - qy * rx) / 2
    assert (areas > 0).all()
    assert 0.85 < areas.sum() <= 1
