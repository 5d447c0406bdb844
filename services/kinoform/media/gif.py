"""Frames to an animated GIF with one good palette."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_COLOURS = 256
_SAMPLE_PIXELS = 1 << 13  # k-means takes seconds for more, and gains nothing that can be seen
_SHORTEST = 2  # 1/100 s; browsers play anything shorter at a tenth of a second


def write_gif(path: Path, frames: NDArray[np.uint8], rate: Fraction) -> None:
    """Write a looping GIF. frames: uint8 (l, h, w, 3). Clips of at most 256 colours stay exact."""
    palette = _palette(frames)
    first, *others = (Image.fromarray(frame).quantize(palette=palette) for frame in frames)
    first.save(
        path,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[10 * hundredths for hundredths in _durations(len(frames), rate)],
        loop=0,
        optimize=False,
        disposal=1,
    )


def _palette(frames: NDArray[np.uint8]) -> Image.Image:
    pixels = frames.reshape(-1, 3)
    colours = np.unique(pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32))
    if len(colours) <= _COLOURS:
        exact = Image.new("P", (1, 1))
        exact.putpalette(
            np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.uint8).tobytes()
        )
        return exact
    # An odd stride meets every column of a picture whose width is a power of two.
    sample = pixels[:: len(pixels) // _SAMPLE_PIXELS | 1]
    return Image.fromarray(sample[None]).quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1)


def _durations(count: int, rate: Fraction) -> list[int]:
    """1/100 s for each frame; rounding errors never add up."""
    ends = [round(number * 100 / rate) for number in range(count + 1)]
    return [max(_SHORTEST, end - begin) for begin, end in pairwise(ends)]
