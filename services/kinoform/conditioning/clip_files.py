"""The files of a clip's conditioning. Equal clips give equal bytes."""

import io
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from kinoform.conditioning.files import NAMES, PNG
from kinoform.conditioning.prepare import Made, Picture
from kinoform.conditioning.tasks import Wish
from kinoform.media.png import EPOCH, frame_name
from kinoform.serving.files import WrittenFile
from kinoform.serving.reports import ConditioningReport

_ZIP = "application/zip"


class Frame(NamedTuple):
    """What was made of a frame, as small as it will be stored."""

    picture: bytes
    """A PNG file."""
    mask: bytes | None
    size: tuple[int, int]
    """(width, height)"""
    coverage: float


def framed(made: Made) -> Frame:
    """The frame's files."""
    height, width = made.picture.shape[:2]
    return Frame(_png(made.picture), None if made.mask is None else _png(made.mask), (width, height), made.coverage)


def write_clip(frames: Sequence[Frame], rate: Fraction | None, wish: Wish, folder: Path) -> list[WrittenFile]:
    """The middle frame's picture, all frames, and both of the masks where there are any."""
    name, middle = NAMES[type(wish)], frames[len(frames) // 2]
    width, height = middle.size
    report = ConditioningReport(
        width=width,
        height=height,
        coverage=float(np.mean([frame.coverage for frame in frames])),
        colours=(),
        frames=len(frames),
        rate=rate,
    )
    files = [
        WrittenFile("picture", _written(folder / f"{name}.png", middle.picture), PNG, report),
        WrittenFile("clip", _zipped(folder / f"{name}.zip", [frame.picture for frame in frames]), _ZIP, report),
    ]
    masks = [frame.mask for frame in frames if frame.mask is not None]
    if middle.mask is not None:
        files += [
            WrittenFile("mask", _written(folder / f"{name}-mask.png", middle.mask), PNG),
            WrittenFile("mask_clip", _zipped(folder / f"{name}-mask.zip", masks), _ZIP, report),
        ]
    return files


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _zipped(path: Path, pictures: Sequence[bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number, picture in enumerate(pictures, start=1):
            archive.writestr(zipfile.ZipInfo(frame_name(number), EPOCH), picture)
    return path


def _png(picture: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
