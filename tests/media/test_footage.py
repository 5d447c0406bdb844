"""Clips as callers bring them: right pixels, or a typed error before much is decoded."""

import contextlib
import io
import resource
import struct
import time
import tracemalloc
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, ColorTrc
from PIL import Image

from kinoform.media.errors import MediaCorrupt, MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.footage import Footage, load_footage
from kinoform.media.video import VideoFormat, write_video
from kinoform.serving.bench import Bench
from tests.media.pictures import Pixels, encoded, gradients, moving_square, png_bomb

FILM = Fraction(24000, 1001)
ENDINGS = {VideoFormat.MP4: "mp4", VideoFormat.WEBM: "webm", VideoFormat.GIF: "gif", VideoFormat.PNG: "zip"}


def load(data: bytes, *, max_frames: int = 24, max_side: int = 256) -> Footage:
    return load_footage(data, max_frames=max_frames, max_side=max_side)


def written(frames: Pixels, kind: VideoFormat, folder: Path) -> bytes:
    path = folder / f"clip.{ENDINGS[kind]}"
    write_video(path, frames, FILM, kind)
    return path.read_bytes()


def psnr(one: Pixels, other: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


def coded(frames: Pixels, codec: str, container: str, pix_fmt: str, *, matrix: Colorspace, span: ColorRange) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as made:
        stream = made.add_stream(codec, rate=24, options={"crf": "4"} if codec.startswith("lib") else {})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pix_fmt
        if not pix_fmt.startswith("rgb") and not pix_fmt.startswith("arg"):
            stream.codec_context.colorspace, stream.codec_context.color_range = matrix, span
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels), "rgb24" if pixels.shape[2] == 3 else "rgba"
            )
            made.mux(stream.encode(frame.reformat(format=pix_fmt, dst_colorspace=matrix, dst_color_range=span)))
        made.mux(stream.encode(None))
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
@pytest.mark.parametrize(("kind", "least_db"), [(VideoFormat.MP4, 43), (VideoFormat.WEBM, 42), (VideoFormat.GIF, 25)])
def test_what_was_written_comes_back(tmp_path: Path, kind: VideoFormat, least_db: float, size: tuple[int, int]) -> None:
    frames = gradients(5, *size)
    footage = load(written(frames, kind, tmp_path))
    assert footage.frames.shape == frames.shape
    assert psnr(footage.frames, frames) > least_db
    assert footage.rate is not None
    assert footage.rate == FILM or (kind is VideoFormat.GIF and abs(footage.rate - FILM) < 0.5)


def test_png_frames_come_back_exactly(tmp_path: Path) -> None:
    frames = gradients(12)
    footage = load(written(frames, VideoFormat.PNG, tmp_path))
    assert np.array_equal(footage.frames, frames)
    assert footage.rate is None


def test_a_still_is_a_clip_of_one_frame() -> None:
    (picture,) = gradients(1)
    for kind in ("PNG", "WEBP"):
        footage = load(encoded(picture, kind, lossless=True))
        assert np.array_equal(footage.frames[0], picture)
        assert (len(footage.frames), footage.rate) == (1, None)


def test_an_animated_webp_comes_back_exactly_at_its_own_rate() -> None:
    first, *others = (Image.fromarray(frame) for frame in moving_square())
    file = io.BytesIO()
    first.save(file, "WEBP", save_all=True, append_images=others, duration=40, lossless=True)
    footage = load(file.getvalue())
    assert np.array_equal(footage.frames, moving_square())
    assert footage.rate == 25


@pytest.mark.parametrize("span", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("matrix", [Colorspace.ITU709, Colorspace.ITU601])
@pytest.mark.parametrize(("codec", "container"), [("libx264", "mp4"), ("libx264", "matroska"), ("libvpx-vp9", "webm")])
def test_colours_are_right_by_the_clips_own_matrix_and_range(
    codec: str, container: str, matrix: Colorspace, span: ColorRange
) -> None:
    frames = np.zeros((3, 32, 48, 3), np.uint8)
    frames[..., :24, :], frames[..., 24:, :] = (255, 0, 0), (20, 160, 240)
    footage = load(coded(frames, codec, container, "yuv444p", matrix=matrix, span=span))
    for side in (slice(4, 20), slice(28, 44)):
        assert np.abs(footage.frames[:, 4:28, side].astype(int) - frames[:, 4:28, side]).max() <= 4


@pytest.mark.parametrize(("codec", "pix_fmt"), [("prores_ks", "yuva444p10le"), ("qtrle", "argb"), ("png", "rgba")])
def test_transparency_lies_over_white(codec: str, pix_fmt: str) -> None:
    frames = np.zeros((2, 32, 48, 4), np.uint8)
    frames[..., 0], frames[:, :, 24:, 3] = 255, 255
    data = coded(frames, codec, "mov", pix_fmt, matrix=Colorspace.ITU709, span=ColorRange.MPEG)
    seen = load(data).frames[0].astype(int)
    assert np.abs(seen[:, :16] - 255).max() <= 3
    assert np.abs(seen[:, 32:] - (255, 0, 0)).max() <= 4


def test_a_webm_with_alpha_lies_over_white() -> None:
    frames = np.zeros((3, 32, 48, 4), np.uint8)
    frames[..., 0], frames[:, :, 24:, 3] = 255, 255
    data = coded(frames, "libvpx-vp9", "webm", "yuva420p", matrix=Colorspace.ITU709, span=ColorRange.MPEG)
    seen = load(data).frames[0].astype(int)
    assert np.abs(seen[:, :16] - 255).max() <= 8
    assert np.abs(seen[4:-4, 32:] - (255, 0, 0)).max() <= 12


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_phones_clip_stands_upright(tmp_path: Path, turns: int) -> None:
    data = written(gradients(2, 32, 48), VideoFormat.MP4, tmp_path)
    a, b = {0: (1, 0), 1: (0, -1), 2: (-1, 0), 3: (0, 1)}[turns]  # counterclockwise
    still = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30)
    track = data.index(b"tkhd")
    footage = load(data[:track] + data[track:].replace(still, turned, 1))
    assert np.array_equal(footage.frames, np.rot90(load(data).frames, turns, axes=(1, 2)))


def told(frames: Pixels, **facts: object) -> bytes:
    """An MP4 file whose stream says that of itself."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=24)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for name, value in facts.items():
            setattr(stream.codec_context, name, value)
        for pixels in frames:
            made.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        made.mux(stream.encode(None))
    return file.getvalue()


def test_pixels_are_made_square() -> None:
    data = told(gradients(3, 48, 64), sample_aspect_ratio=Fraction(3, 2))
    assert load(data).frames.shape == (3, 48, 96, 3)


@pytest.mark.parametrize(("transfer", "name"), [(ColorTrc.SMPTE2084, "PQ"), (ColorTrc.ARIB_STD_B67, "HLG")])
def test_high_dynamic_range_is_refused_by_name(transfer: ColorTrc, name: str) -> None:
    with pytest.raises(MediaUnsupported, match=name):
        load(told(gradients(3, 48, 64), color_trc=transfer))


@pytest.mark.parametrize("kind", list(VideoFormat))
def test_large_frames_are_made_smaller(tmp_path: Path, kind: VideoFormat) -> None:
    footage = load(written(gradients(3, 60, 120), kind, tmp_path), max_side=60)
    assert footage.frames.shape == (3, 30, 60, 3)
    assert psnr(footage.frames, gradients(3, 30, 60)) > 25


@pytest.mark.parametrize("kind", list(VideoFormat))
def test_a_clip_that_is_too_long_is_refused_with_both_counts(tmp_path: Path, kind: VideoFormat) -> None:
    data = written(moving_square(9), kind, tmp_path)
    assert len(load(data, max_frames=9).frames) == 9
    with pytest.raises(MediaTooLarge, match=r"\b9 frames; at most 8\b"):
        load(data, max_frames=8)


@pytest.mark.parametrize("kind", list(VideoFormat))
def test_a_clip_cut_anywhere_is_refused(tmp_path: Path, kind: VideoFormat) -> None:
    data = written(gradients(6), kind, tmp_path)
    for length in range(40, len(data) - 1, max(1, len(data) // 20)):
        with pytest.raises((MediaCorrupt, MediaUnsupported)):
            load(data[:length])


@pytest.mark.parametrize("kind", list(VideoFormat))
def test_a_damaged_clip_never_raises_anything_else(tmp_path: Path, kind: VideoFormat) -> None:
    data = written(gradients(6), kind, tmp_path)
    rng = np.random.default_rng(0)
    for _ in range(30):
        bad = np.frombuffer(data, np.uint8).copy()
        bad[rng.integers(0, len(bad), 8)] = rng.integers(0, 256, 8)
        with contextlib.suppress(MediaError):
            assert load(bad.tobytes()).frames.ndim == 4


def _audio_only() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return file.getvalue()


def _huge_gif(frames: int) -> bytes:
    header = b"GIF89a" + struct.pack("<HHBBB", 7900, 7900, 0x80, 0, 0) + bytes(6)
    return header + (b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00") * frames + b"\x3b"


def _huge_webm() -> bytes:
    """Its container says 64 × 48, its first frame 16383 × 16383."""
    frames = moving_square(3)
    data = coded(frames, "libvpx", "webm", "yuv420p", matrix=Colorspace.ITU601, span=ColorRange.MPEG)
    sound = b"\x9d\x01\x2a" + struct.pack("<HH", 64, 48)
    assert sound in data
    return data.replace(sound, sound[:3] + struct.pack("<HH", 16383, 16383))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", MediaUnsupported),
        (b"#EXTM3U\nhttp://127.0.0.1/", MediaUnsupported),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", MediaUnsupported),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", MediaUnsupported),
        (b"GIF89a", MediaCorrupt),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", MediaCorrupt),
        (b"\x1a\x45\xdf\xa3" + bytes(40), MediaCorrupt),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom", MediaCorrupt),
        (struct.pack(">I4sI", 1 << 30, b"ftyp", 0), MediaCorrupt),
        (encoded(gradients(1)[0], "TIFF"), MediaUnsupported),
        (png_bomb(30_000, 30_000), MediaTooLarge),
        (_huge_gif(40), MediaTooLarge),
        (_audio_only(), MediaUnsupported),
        (zipped({}), MediaCorrupt),
        (zipped({"notes.txt": b"no frame"}), MediaUnsupported),
        (zipped({"../frame.png": encoded(gradients(1)[0], "PNG")}), MediaUnsupported),
        (zipped({"a.png": png_bomb(30_000, 30_000)}), MediaTooLarge),
        (zipped({"a.png": bytes(1 << 30)}), MediaTooLarge),
        (
            zipped({"a.png": encoded(gradients(1)[0], "PNG"), "b.png": encoded(gradients(1)[0][:9], "PNG")}),
            MediaUnsupported,
        ),
        (zipped({"a.zip": zipped({"a.png": b""})}), MediaUnsupported),
        (zipped({f"{number}.png": b"" for number in range(200)}), MediaTooLarge),
    ],
)
def test_hostile_files_are_refused_soon(data: bytes, error: type[MediaError]) -> None:
    begun = time.perf_counter()
    with pytest.raises(error):
        load(data, max_frames=100)
    assert time.perf_counter() - begun < 5


def test_a_clip_whose_frames_are_larger_than_its_file_says_is_not_decoded() -> None:
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((MediaTooLarge, MediaCorrupt)):
        load(_huge_webm())
    assert time.perf_counter() - begun < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_litter_beside_the_frames_is_left_out() -> None:
    picture = encoded(gradients(1)[0], "PNG")
    footage = load(zipped({"b.png": picture, "__MACOSX/._b.png": b"x", ".DS_Store": b"x", "a.png": picture}))
    assert len(footage.frames) == 2


def test_the_first_bytes_decide_what_a_polyglot_is(tmp_path: Path) -> None:
    gif, archive = written(moving_square(), VideoFormat.GIF, tmp_path), zipped({"a.png": b""})
    assert len(load(gif + archive).frames) == 9
    picture = encoded(gradients(1)[0], "PNG")
    assert len(load(picture + written(moving_square(), VideoFormat.MP4, tmp_path)).frames) == 1


def test_memory_follows_what_is_kept_and_not_what_is_decoded(tmp_path: Path) -> None:
    data = written(moving_square(24, 480, 640), VideoFormat.MP4, tmp_path)
    tracemalloc.start()
    load(data, max_side=32)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 480 * 640 * 3, "24 frames would be three times that"


async def test_it_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    bench = Bench()
    try:
        footage = await bench.run(_loaded, written(moving_square(), VideoFormat.WEBM, tmp_path))
        with pytest.raises(MediaUnsupported):
            await bench.run(_loaded, b"nothing")
    finally:
        bench.end()
    assert footage.frames.shape == (9, 48, 64, 3)
    assert footage.rate == FILM


def _loaded(data: bytes) -> Footage:
    return load_footage(data, max_frames=24, max_side=256)
