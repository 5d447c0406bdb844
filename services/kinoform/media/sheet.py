"""Clips at one look: the poster of one, the contact sheet of many."""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import combining

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kinoform.media.errors import BadFrames

_PAPER, _INK, _FAINT = (250, 250, 248), (28, 30, 34), (128, 132, 140)
_MARGIN, _GAP, _ROW_GAP = 32, 6, 26
_TITLE, _CAPTION, _NOTE = 30, 19, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One clip of a contact sheet."""

    caption: str
    frames: NDArray[np.uint8]
    """uint8 (l, h, w, 3)."""
    note: str = ""
    """Small print at the caption's right: seed, steps, a verdict."""


def poster(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame that stands for a clip: its middle one. frames: uint8 (l, h, w, 3); returns uint8 (h, w, 3)."""
    middle: NDArray[np.uint8] = frames[len(frames) // 2]
    return middle


def contact_sheet(rows: Sequence[SheetRow], *, title: str = "", columns: int = 8, cell: int = 128) -> NDArray[np.uint8]:
    """Rows of frames, evenly spaced in time, each row under its caption; uint8 (h, w, 3).

    columns: frames of a clip, at most. cell: width of a frame in pixels. Raises BadFrames when there is no row.
    """
    if not rows:
        raise BadFrames("a contact sheet needs at least one clip")
    strips = [_strip(row.frames, columns, cell) for row in rows]
    head = _CAPTION + 10
    top = _MARGIN + (_TITLE + 24 if title else 0)
    height = top + sum(strip.height + head for strip in strips) + _ROW_GAP * (len(rows) - 1) + _MARGIN
    width = 2 * _MARGIN + columns * cell + (columns - 1) * _GAP
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((_MARGIN, _MARGIN - 4), title, _INK, _font(_TITLE))
    for row, strip in zip(rows, strips, strict=True):
        _write_caption(draw, row, top, width - 2 * _MARGIN)
        sheet.paste(strip, (_MARGIN, top + head))
        top += head + strip.height + _ROW_GAP
    return np.asarray(sheet)


def _strip(frames: NDArray[np.uint8], columns: int, cell: int) -> Image.Image:
    count = min(columns, len(frames))
    chosen = frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]
    height = max(1, round(cell * frames.shape[1] / frames.shape[2]))
    strip = Image.new("RGB", (count * cell + (count - 1) * _GAP, height), _PAPER)
    for number, frame in enumerate(chosen):
        picture = Image.fromarray(frame).resize((cell, height), Image.Resampling.LANCZOS)
        strip.paste(picture, (number * (cell + _GAP), 0))
    return strip


def _write_caption(draw: ImageDraw.ImageDraw, row: SheetRow, top: int, width: int) -> None:
    caption, note = _font(_CAPTION), _font(_NOTE)
    left_for_caption = width
    if row.note:
        note_width = round(note.getlength(row.note))
        draw.text((_MARGIN + width - note_width, top + _CAPTION - _NOTE), row.note, _FAINT, note)
        left_for_caption -= note_width + 16
    draw.text((_MARGIN, top), _cut(row.caption, caption, left_for_caption), _INK, caption)


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    # Pillow's font has no accented letters: plain ones can at least be read.
    line = "".join(each for each in unicodedata.normalize("NFKD", " ".join(text.split())) if not combining(each))
    if font.getlength(line) <= width:
        return line
    lengths = range(len(line) + 1)
    fitting = bisect_right(lengths, width, key=lambda length: font.getlength(f"{line[:length]}…")) - 1
    return f"{line[: max(0, fitting)].rstrip()}…"


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise OSError("this build of Pillow carries no scalable font; install one with FreeType")
    return font
