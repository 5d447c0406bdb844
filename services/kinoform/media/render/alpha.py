"""Transparent pictures as files: VP9 with alpha in WebM, and PNG frames in a zip file."""

import zipfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from kinoform.media.encode import THREADS
from kinoform.media.errors import BadFrames
from kinoform.media.png import frame_name, png_bytes

Rgba = npt.NDArray[np.uint8]

_VP9 = {
    "crf": "14",
    "b": "0",
    "deadline": "good",
    "cpu-used": "2",
    "row-mt": "0",
    "tile-columns": "0",
    "auto-alt-ref": "0",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_webm_alpha(path: Path, frames: Iterable[Rgba], rate: Fraction) -> None:
    """VP9 in WebM, yuva420p, bt709, straight alpha, as browsers and compositors take it; frame by frame.

    frames: uint8 (h, w, 4) each, of one even size. rate: frames per second. Raises BadFrames.
    """
    with av.open(path, "w", format="webm", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libvpx-vp9", rate=rate, options=_VP9)
        stream.metadata["alpha_mode"] = "1"
        context = stream.codec_context
        context.pix_fmt = "yuva420p"
        context.sample_aspect_ratio = Fraction(1, 1)
        context.time_base = 1 / rate
        context.gop_size = max(1, round(rate))
        context.thread_count = THREADS
        context.flags |= av.codec.context.Flags.bitexact
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.colorspace = Colorspace.ITU709
        context.color_range = ColorRange.MPEG
        number = -1
        for number, pixels in enumerate(frames):
            if number == 0:
                context.height, context.width = _size(pixels)
            elif _size(pixels) != (context.height, context.width):
                raise BadFrames(f"frame {number} is {pixels.shape[:2]}, the first {context.height, context.width}")
            # Without a destination matrix it converts by BT.601, whatever the tags say.
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(
                format="yuva420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        if number < 0:
            raise BadFrames("no frames")
        container.mux(stream.encode(None))


def write_rgba_zip(path: Path, frames: Iterable[Rgba]) -> None:
    """A zip file with `frame_0001.png`, …, lossless, stored as they are. frames: uint8 (h, w, 4) each."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, frame in enumerate(frames, start=1):
            archive.writestr(zipfile.ZipInfo(frame_name(number), _EPOCH), png_bytes(frame))


def _size(pixels: Rgba) -> tuple[int, int]:
    """Height and width. Raises BadFrames for what the codec cannot hold."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise BadFrames(f"frames are uint8 (h, w, 4), got {pixels.dtype} {pixels.shape}")
    height, width, _ = pixels.shape
    if height == 0 or width == 0 or height % 2 or width % 2:
        raise BadFrames(f"height and width are even, got {height} × {width}")
    return height, width
