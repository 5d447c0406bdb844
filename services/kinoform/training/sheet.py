"""Pictures of clips: a contact sheet of held-out captions, and a few clips larger, as a strip or a loop."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kinoform.engine.family import Frames
from kinoform.training.captions import Triple, held_out
from kinoform.training.page import save_page
from kinoform.training.paths import FRAMES_A_SECOND

COLUMNS = 2
STRIDE = 2
"""A sheet shows every so-manieth frame."""
GAP = 3
"""Pixels between frames."""
MARGIN = 14
"""Pixels around a clip."""
TEXT_HEIGHT = 20
PAPER, INK = (250, 250, 248), (40, 40, 44)


def chosen_triples(count: int) -> list[Triple]:
    """`count` held-out triples, one from each of so many even parts of all of them; beyond, all in turn."""
    order, rng = sorted(held_out()), random.Random(0)
    if count >= len(order):
        return [order[index % len(order)] for index in range(count)]
    return [order[(index * len(order) + rng.randrange(len(order))) // count] for index in range(count)]


def contact_sheet(captions: Sequence[str], clips: Sequence[Frames], *, scale: int = 1) -> Image.Image:
    """Clips (l, h, w, 3) uint8 of one size under their captions, COLUMNS side by side, enlarged `scale` times."""
    shown = [clip[::STRIDE] for clip in clips]
    length, height, width, _ = shown[0].shape
    cell_width = length * (width * scale + GAP) - GAP + 2 * MARGIN
    cell_height = TEXT_HEIGHT + height * scale + MARGIN
    rows = -(-len(clips) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * cell_width, rows * cell_height + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for index, (caption, clip) in enumerate(zip(captions, shown, strict=True)):
        left = index % COLUMNS * cell_width + MARGIN
        top = index // COLUMNS * cell_height + MARGIN
        pen.text((left, top), caption, INK, font)
        for number, frame in enumerate(clip):
            page.paste(_enlarged(frame, scale), (left + number * (width * scale + GAP), top + TEXT_HEIGHT))
    return page


def write_sheet(path: Path, captions: Sequence[str], clips: Sequence[Frames], *, scale: int = 1) -> None:
    """Writes a contact sheet (see `save_page`)."""
    save_page(contact_sheet(captions, clips, scale=scale), path)


def write_loop(path: Path, clips: Sequence[Frames], *, scale: int = 2) -> None:
    """Writes clips (l, h, w, 3) uint8 of one length side by side, enlarged, as an endless WebP or GIF by the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    gap = np.broadcast_to(np.array(PAPER, np.uint8), (*clips[0].shape[:2], GAP, 3))
    parts = [part for clip in clips for part in (gap, clip)][1:]
    frames = [_enlarged(frame, scale) for frame in np.concatenate(parts, axis=2)]
    duration = 1000 // FRAMES_A_SECOND
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=duration, loop=0, quality=85, method=6)


def _enlarged(frame: Frames, scale: int) -> Image.Image:
    picture = Image.fromarray(frame)
    if scale == 1:
        return picture
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)
