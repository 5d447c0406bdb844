"""Posters and contact sheets."""

import numpy as np
import pytest

from kinoform.media.errors import BadFrames
from kinoform.media.sheet import SheetRow, contact_sheet, poster
from tests.media.pictures import Pixels, gradients, moving_square


def test_the_poster_is_the_middle_frame() -> None:
    clip = gradients()
    assert np.array_equal(poster(clip), clip[2])


def test_a_sheet_shows_each_clip_from_its_first_frame_to_its_last() -> None:
    clips = [moving_square(9, 48, 48), 255 - moving_square(3, 48, 48)]
    rows = [SheetRow(caption=f"clip {number}", frames=clip) for number, clip in enumerate(clips)]
    sheet = contact_sheet(rows, columns=4, cell=48)
    rows_shown = [[clips[0][0], clips[0][3], clips[0][5], clips[0][8]], list(clips[1])]
    strips = [
        np.concatenate([np.pad(f, ((0, 0), (0, 6), (0, 0)), constant_values=7) for f in row], 1) for row in rows_shown
    ]
    tops = [_top_of(sheet, strip) for strip in strips]
    assert tops[0] < tops[1]


def _top_of(sheet: Pixels, strip: Pixels) -> int:
    """Where the strip's pictures stand in the sheet, 32 pixels from its left."""
    pictures = np.arange(strip.shape[1]) % 54 < 48
    (top,) = (
        top
        for top in range(len(sheet) - 48)
        if np.array_equal(sheet[top : top + 48, 32 : 32 + strip.shape[1]][:, pictures], strip[:, pictures])
    )
    return top


def test_a_caption_never_leaves_its_sheet() -> None:
    def margin(caption: str) -> int:
        row = SheetRow(caption=caption, frames=gradients(), note="seed 4")
        dark = contact_sheet([row], columns=3, cell=64)[:60] < 240
        return int(np.argwhere(dark)[:, 1].max())

    assert margin("word " * 200) == margin("word")


def test_a_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(BadFrames):
        contact_sheet([])
