"""Pictures out of the demo's clips. Needs PyAV and Pillow, which every machine that serves has."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from kinoform_client.errors import MissingDependencyError

if TYPE_CHECKING:
    from PIL.Image import Image

_COLUMNS = 8
_CELL = 144
_THUMBNAIL = 256
_GAP = 8
_CAPTION = 30
_INK, _PAPER = (32, 33, 36), (250, 249, 246)


def needs_pictures() -> None:
    """Raises MissingDependencyError if this machine can't read clips."""
    missing = [name for name in ("av", "PIL") if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(f"the demo needs {' and '.join(missing)}: pip install 'kinoform[cluster]'")


def read_frames(path: Path) -> "list[Image]":
    """The clip's frames, RGB."""
    import av

    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def thumbnail(path: Path) -> bytes:
    """A small PNG picture of a picture file, 8 bits a channel."""
    small = read_frames(path)[0]
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    data = BytesIO()
    small.save(data, format="PNG")
    return data.getvalue()


def write_sheet(clips: Sequence[tuple[Path, str]], path: Path) -> Path:
    """Writes a contact sheet, PNG: a row of frames for each clip, evenly spaced in time, its caption above."""
    from PIL import Image, ImageDraw, ImageFont

    row = _CELL + _CAPTION + _GAP
    sheet = Image.new("RGB", (_COLUMNS * (_CELL + _GAP) + _GAP, len(clips) * row + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=16)
    for number, (file, caption) in enumerate(clips):
        top = number * row + _GAP
        draw.text((_GAP, top + 2), caption, fill=_INK, font=font)
        for column, frame in enumerate(_spaced(read_frames(file))):
            frame.thumbnail((_CELL, _CELL))
            sheet.paste(frame, (_GAP + column * (_CELL + _GAP), top + _CAPTION))
    sheet.save(path)
    return path


def _spaced(frames: "list[Image]") -> "list[Image]":
    count = min(_COLUMNS, len(frames))
    return [frames[round(place * (len(frames) - 1) / max(1, count - 1))] for place in range(count)]
