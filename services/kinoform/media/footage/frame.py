"""A decoded video frame as sRGB pixels: by its own matrix and range, upright, with square pixels."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, ColorTrc, Interpolation
from numpy.typing import NDArray

from kinoform.media.errors import MediaUnsupported
from kinoform.media.picture.sized import Fit, sized

Pixels = NDArray[np.uint8]

_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""By the number of their MatrixCoefficients in ISO/IEC 23091-2."""
_RGB, _UNSAID = 0, 2
_HD = 720
"""From this height on a clip that does not say is BT.709, below BT.601, as players hold it."""
_HDR: dict[int, str] = {ColorTrc.SMPTE2084: "PQ", ColorTrc.ARIB_STD_B67: "HLG"}
_EXACT = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_STRETCHED = 4
"""A pixel's width over its height, or the other way round, beyond which nobody believes it."""


def rgb(frame: av.VideoFrame) -> Pixels:
    """(h, w, 3), or (h, w, 4) where it has an alpha, uint8. Raises MediaUnsupported.

    The numbers of a BT.709 or BT.601 clip are sRGB's, as every player shows them; high dynamic range is refused.
    """
    if name := _HDR.get(frame.color_trc):
        raise MediaUnsupported(f"a clip of high dynamic range ({name}); send it graded for standard dynamic range")
    form = "rgba" if _has_alpha(frame) else "rgb24"
    coloured = frame.format.is_rgb or frame.colorspace == _RGB
    shown = frame.reformat(
        format=form,
        src_colorspace=None if coloured else _matrix(frame),
        src_color_range=ColorRange.JPEG if coloured or _is_full(frame) else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=_EXACT,
        threads=1,
    )
    return np.asarray(shown.to_ndarray(format=form), np.uint8)


def upright(pixels: Pixels, rotation: int, aspect: Fraction | None) -> Pixels:
    """Its pixels, `aspect` times as wide as high, made square, then turned counterclockwise by `rotation` degrees.

    To the nearest 90 degrees. pixels: (h, w, 3 or 4) uint8.
    """
    if aspect and aspect != 1 and Fraction(1, _STRETCHED) <= aspect <= _STRETCHED:
        height, width = pixels.shape[:2]
        pixels = sized(pixels, max(1, round(width * aspect)), height, Fit.STRETCH)
    return np.ascontiguousarray(np.rot90(pixels, round(rotation / 90)))


def _matrix(frame: av.VideoFrame) -> Colorspace:
    if frame.colorspace == _UNSAID:
        return Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601
    if (matrix := _MATRICES.get(frame.colorspace)) is None:
        raise MediaUnsupported(f"a clip with colours by matrix {frame.colorspace} of ISO/IEC 23091-2")
    return matrix


def _is_full(frame: av.VideoFrame) -> bool:
    return frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")


def _has_alpha(frame: av.VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components)
