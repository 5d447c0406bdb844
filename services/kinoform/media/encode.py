"""Frames to H.264 and VP9 through PyAV, with true colours and the same bytes on every machine."""

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

SIZE_KEY = "kinoform_size"
"""Metadata of a file whose picture was padded: `{width}x{height}` before."""
THREADS = 4
"""x264's bytes depend on it, so it never follows the machine."""

_MP4 = {"movflags": "+faststart+write_colr+use_metadata_tags", "fflags": "+bitexact"}
_X264 = ("colormatrix=bt709", "colorprim=bt709", "transfer=bt709", "range=tv", "mbtree=0")
"""No macroblock tree: with AVX-512 its bytes differ from other processors', and now and then from run to run."""
_H264 = {"crf": "14", "preset": "medium", "x264-params": ":".join(_X264)}
_VP9 = {"crf": "16", "b": "0", "deadline": "good", "cpu-used": "2", "row-mt": "0", "tile-columns": "0"}


def write_mp4(path: Path, frames: NDArray[np.uint8], rate: Fraction) -> None:
    """H.264 High in MP4, yuv420p, bt709, the index before the pictures. frames: uint8 (l, h, w, 3)."""
    height, width = frames.shape[1:3]
    metadata = {SIZE_KEY: f"{width}x{height}"} if height % 2 or width % 2 else {}
    frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with av.open(path, "w", format="mp4", options=_MP4) as container:
        container.metadata.update(metadata)
        _encode(container, "libx264", _H264, frames, rate)


def write_webm(path: Path, frames: NDArray[np.uint8], rate: Fraction) -> None:
    """VP9 in WebM, yuv420p, bt709. frames: uint8 (l, h, w, 3)."""
    with av.open(path, "w", format="webm", options={"fflags": "+bitexact"}) as container:
        _encode(container, "libvpx-vp9", _VP9, frames, rate)


def _encode(
    container: av.container.OutputContainer,
    codec: str,
    options: dict[str, str],
    frames: NDArray[np.uint8],
    rate: Fraction,
) -> None:
    stream = cast(av.VideoStream, container.add_stream(codec, rate=rate, options=options))
    context = stream.codec_context
    context.height, context.width = frames.shape[1:3]
    context.pix_fmt = "yuv420p"
    context.sample_aspect_ratio = Fraction(1, 1)
    context.time_base = 1 / rate
    context.gop_size = max(1, round(rate))  # an editor finds any frame within a second
    context.thread_count = THREADS
    context.flags |= av.codec.context.Flags.bitexact
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    for number, pixels in enumerate(frames):
        frame = _to_yuv(pixels)
        frame.pts, frame.time_base = number, 1 / rate
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _to_yuv(pixels: NDArray[np.uint8]) -> av.VideoFrame:
    """yuv420p by bt709, with a chroma sample for every 2 × 2 pixels. pixels: uint8 (h, w, 3), any size."""
    height, width = pixels.shape[:2]
    # swscale would squeeze an odd picture's chroma by 17/33, say, instead of 1/2, and shift its colours at the edge.
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    # Without a destination matrix it converts by BT.601, whatever the tags say.
    frame = av.VideoFrame.from_ndarray(even, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    return frame if even.shape == pixels.shape else _top_left(frame, width, height)


def _top_left(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    cut = av.VideoFrame(width, height, "yuv420p")
    cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
    for source, target in zip(frame.planes, cut.planes, strict=True):
        rows = np.frombuffer(bytes(source), np.uint8).reshape(source.height, source.line_size)[: target.height]
        lines = np.zeros((target.height, target.line_size), np.uint8)
        lines[:, : target.width] = rows[:, : target.width]
        target.update(lines.tobytes())
    return cut
