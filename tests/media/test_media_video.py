"""Clips as files, read back by a decoder that knows nothing of the writer."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import BadFrames, MediaCorrupt
from kinoform.media.video import VideoFormat, read_video, write_video
from tests.media.pictures import Pixels, gradients, moving_square

FILM = Fraction(24000, 1001)
SIZES = [(48, 64), (47, 64), (48, 63), (33, 31)]
FILES = [VideoFormat.MP4, VideoFormat.WEBM, VideoFormat.GIF]


def decoded(path: Path) -> tuple[Pixels, Fraction | None]:
    with av.open(path) as container:
        stream = container.streams.video[0]
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]), stream.average_rate


@pytest.mark.parametrize("rate", [FILM, Fraction(8), Fraction(30000, 1001), Fraction(25, 2)])
@pytest.mark.parametrize("format", [VideoFormat.MP4, VideoFormat.WEBM])
def test_rate_and_count_are_exact(tmp_path: Path, format: VideoFormat, rate: Fraction) -> None:  # noqa: A002
    write_video(tmp_path / "clip", moving_square(), rate, format)
    with av.open(tmp_path / "clip") as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].average_rate == rate
    assert len(frames) == 9
    assert all(abs(frame.time - number / rate) < 0.001 for number, frame in enumerate(frames))


def test_an_mp4_lasts_exactly_its_frames(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", moving_square(48), FILM, VideoFormat.MP4)
    with av.open(tmp_path / "clip.mp4") as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        assert stream.duration is not None
        assert stream.duration * stream.time_base == 48 / FILM


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format", FILES)
def test_the_picture_comes_back_in_its_colours_and_size(
    tmp_path: Path,
    format: VideoFormat,  # noqa: A002
    size: tuple[int, int],
) -> None:
    frames = moving_square(9, *size)
    write_video(tmp_path / "clip", frames, FILM, format)
    clip = read_video(tmp_path / "clip")
    assert clip.frames.shape == frames.shape
    ground, square = clip.frames[0, 2:12, 20:-2], clip.frames[8, 19:29, 27 : min(37, size[1] - 2)]
    assert ground[..., 0].min() >= 251
    assert ground[..., 1:].max() <= 4
    assert square[..., 1].min() >= 250
    assert square[..., ::2].max() <= 8


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("format", "error"), [(VideoFormat.MP4, 3.5), (VideoFormat.WEBM, 3.5), (VideoFormat.GIF, 10)])
def test_what_is_smooth_comes_back_close(
    tmp_path: Path,
    format: VideoFormat,  # noqa: A002
    error: float,
    size: tuple[int, int],
) -> None:
    frames = gradients(4, *size)
    write_video(tmp_path / "clip", frames, FILM, format)
    assert np.abs(read_video(tmp_path / "clip").frames.astype(int) - frames).mean() < error


def test_an_odd_mp4_is_padded_by_its_own_edge_and_never_rescaled(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 33, 31, 1), np.uint8)
    frames = noise.repeat(3, axis=-1)  # a shift or a scaling by a hair would be far off
    write_video(tmp_path / "clip.mp4", frames, FILM, VideoFormat.MP4)
    shown, _ = decoded(tmp_path / "clip.mp4")
    assert shown.shape == (3, 34, 32, 3)
    padded = np.pad(frames, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="edge")
    assert np.abs(shown.astype(int) - padded).mean() < 5


def test_an_mp4_is_tagged_bt709_and_ready_to_stream(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", moving_square(), FILM, VideoFormat.MP4)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"colrnclx" + bytes([0, 1, 0, 1, 0, 1, 0]) in data
    with av.open(tmp_path / "clip.mp4") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        assert [int(tag) for tag in tags] == [1, 1, 1, 1]
        assert (context.name, context.pix_fmt, stream.sample_aspect_ratio) == ("h264", "yuv420p", Fraction(1))
        luma = next(container.decode(video=0)).to_ndarray(format="yuv420p")[2:12, 40:60]
    assert set(luma.flat) <= {62, 63, 64}, "red is Y = 63 by bt709, and 81 by bt601"


@pytest.mark.parametrize("format", list(VideoFormat))
def test_equal_frames_give_equal_bytes_whoever_writes_at_the_same_time(
    tmp_path: Path,
    format: VideoFormat,  # noqa: A002
) -> None:
    paths = [tmp_path / f"{number}.zip" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: write_video(path, gradients(), FILM, format), paths))
    assert len({path.read_bytes() for path in paths}) == 1


def test_png_frames_are_lossless_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    frames = gradients(12)
    folder = tmp_path / "frames"
    write_video(folder, gradients(20), FILM, VideoFormat.PNG)
    (folder / "notes.txt").touch()
    write_video(folder, frames, FILM, VideoFormat.PNG)
    write_video(tmp_path / "frames.zip", frames, FILM, VideoFormat.PNG)
    names = [f"frame_{number:04d}.png" for number in range(1, 13)]
    assert sorted(path.name for path in folder.iterdir()) == [*names, "notes.txt"]
    assert np.array_equal(np.stack([np.asarray(Image.open(folder / name)) for name in names]), frames)
    with zipfile.ZipFile(tmp_path / "frames.zip") as archive:
        assert archive.namelist() == names
        assert all(archive.read(name) == (folder / name).read_bytes() for name in names)


def test_a_gif_of_few_colours_is_exact_loops_and_keeps_time(tmp_path: Path) -> None:
    frames = moving_square()
    write_video(tmp_path / "clip.gif", frames, FILM, VideoFormat.GIF)
    with Image.open(tmp_path / "clip.gif") as gif:
        shown, durations = [], []
        for number in range(len(frames)):
            gif.seek(number)
            shown.append(np.asarray(gif.convert("RGB")))
            durations.append(gif.info["duration"])
        assert gif.info["loop"] == 0
    assert np.array_equal(np.stack(shown), frames)
    assert abs(sum(durations) - 1000 * len(frames) / FILM) <= 5
    assert set(durations) == {40, 50}


@pytest.mark.parametrize(
    "frames",
    [np.zeros((0, 8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 8, 8, 3), np.float32)],
)
def test_what_is_no_clip_is_refused_and_the_old_file_stays(tmp_path: Path, frames: Pixels) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(BadFrames):
        write_video(tmp_path / "clip.mp4", frames, FILM, VideoFormat.MP4)
    with pytest.raises(BadFrames):
        write_video(tmp_path / "clip.mp4", moving_square(), Fraction(0), VideoFormat.MP4)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"


def test_a_damaged_file_is_a_typed_error(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", moving_square(), FILM, VideoFormat.MP4)
    data = (tmp_path / "clip.mp4").read_bytes()
    for broken in (b"", b"no video", data[: len(data) // 3]):
        (tmp_path / "clip.mp4").write_bytes(broken)
        with pytest.raises(MediaCorrupt):
            read_video(tmp_path / "clip.mp4")
