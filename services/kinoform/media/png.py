"""Frames to PNG files, one each."""

import zipfile
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

_DIGITS = 4
EPOCH = (1980, 1, 1, 0, 0, 0)
"""When every file in a zip file was written, so that equal files give equal bytes."""


def png_bytes(image: NDArray[np.uint8]) -> bytes:
    """A picture as a PNG file. image: uint8 (h, w, 3)."""
    return iio.imwrite("<bytes>", image, extension=".png")


def write_png_folder(path: Path, frames: NDArray[np.uint8]) -> None:
    """A new folder with `frame_0001.png`, …. frames: uint8 (l, h, w, 3)."""
    path.mkdir()
    for number, frame in enumerate(frames, start=1):
        (path / frame_name(number)).write_bytes(png_bytes(frame))


def write_png_zip(path: Path, frames: NDArray[np.uint8]) -> None:
    """A zip file with `frame_0001.png`, …, stored as they are. frames: uint8 (l, h, w, 3)."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, frame in enumerate(frames, start=1):
            archive.writestr(zipfile.ZipInfo(frame_name(number), EPOCH), png_bytes(frame))


def frame_name(number: int) -> str:
    """File name of a frame, counted from 1."""
    return f"frame_{number:0{_DIGITS}d}.png"
