"""Frames to an animated GIF with one good palette."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SAMPLE_PIXELS = 1 << 18
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
    colours = np.unique(pixels, axis=0)
    if len(colours) <= 256:
        exact = Image.new("P", (1, 1))
        exact.putpalette(colours.tobytes())
        return exact
    sample = pixels[:: max(1, len(pixels) // _SAMPLE_PIXELS)]
    return Image.fromarray(sample[None]).quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=2)


def _durations(count: int, rate: Fraction) -> list[int]:
    """1/100 s for each frame; rounding errors never add up."""
    ends = [round(number * 100 / rate) for number in range(count + 1)]
    return [max(_SHORTEST, end - begin) for begin, end in pairwise(ends)]
