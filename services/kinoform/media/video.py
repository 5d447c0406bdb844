"""Clips as files: MP4, WebM, GIF, PNG frames; equal frames always give equal bytes."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import av
import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from kinoform.media.encode import SIZE_KEY, write_mp4, write_webm
from kinoform.media.errors import BadFrames, MediaCorrupt
from kinoform.media.gif import write_gif
from kinoform.media.png import write_png_folder, write_png_zip

Frames = NDArray[np.uint8]


class VideoFormat(StrEnum):
    """Files that a clip can be written as."""

    MP4 = "mp4"
    """H.264, 4:2:0, bt709. The format has no odd sizes: such clips get one more row or column, a copy of the last."""
    WEBM = "webm"
    """VP9, 4:2:0, bt709."""
    GIF = "gif"
    """Looping, one palette for the whole clip, times rounded to 1/100 s; above 50 frames a second it plays slower."""
    PNG = "png"
    """Lossless frames `frame_0001.png`, …: in a zip file if the path ends in `.zip`, else in a folder."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A moving picture."""

    frames: Frames
    """uint8 (l, h, w, 3), sRGB, 0…255."""
    rate: Fraction
    """Frames per second."""


def write_video(path: Path, frames: Frames, rate: Fraction, format: VideoFormat) -> None:  # noqa: A002
    """Write a clip; the path gets the whole file, or is left as it was.

    frames: uint8 (l, h, w, 3), sRGB, 0…255. rate: frames per second, exact, such as 24000/1001. Raises BadFrames.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise BadFrames(f"frames are uint8 (l, h, w, 3), got {frames.dtype} {frames.shape}")
    if rate <= 0:
        raise BadFrames(f"a rate is positive, got {rate}")
    with _replacing(path) as new:
        match format:
            case VideoFormat.MP4:
                write_mp4(new, frames, rate)
            case VideoFormat.WEBM:
                write_webm(new, frames, rate)
            case VideoFormat.GIF:
                write_gif(new, frames, rate)
            case VideoFormat.PNG:
                (write_png_zip if path.suffix == ".zip" else write_png_folder)(new, frames)


def read_video(path: Path) -> Clip:
    """The clip in a video file, at the size it had when `write_video` wrote it. Raises MediaCorrupt."""
    try:
        with av.open(path) as container:
            rate = container.streams.video[0].average_rate
            size = container.metadata.get(SIZE_KEY)
        frames = np.stack([*iio.imiter(path, plugin="pyav", format="rgb24")])
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise MediaCorrupt(f"{path.name} is no video that can be read: {error}") from error
    if rate is None:
        raise MediaCorrupt(f"{path.name} has no frame rate")
    if size is not None:
        width, height = map(int, size.split("x"))
        frames = frames[:, :height, :width]
    return Clip(frames, rate)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A path beside the given one, which takes its place when the block ends well and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield new
        if new.is_dir() and path.is_dir():
            _merge(new, path)
        else:
            os.replace(new, path)
    finally:
        if new.is_dir():
            shutil.rmtree(new)
        else:
            new.unlink(missing_ok=True)


def _merge(new: Path, folder: Path) -> None:
    # What else is in the folder belongs to the caller.
    for left_over in folder.glob("frame_*.png"):
        left_over.unlink()
    for frame in sorted(new.iterdir()):
        os.replace(frame, folder / frame.name)
