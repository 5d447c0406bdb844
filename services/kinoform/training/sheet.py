"""Contact sheet: held-out captions, each above its clip's frames in a row."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kinoform.engine.family import Frames
from kinoform.training.captions import Triple, held_out

COLUMNS = 2
GAP = 6
"""Pixels between frames."""
MARGIN = 24
"""Pixels around a clip."""
TEXT_HEIGHT = 26
PAPER, INK = (250, 250, 248), (40, 40, 44)


def chosen_triples(count: int) -> list[Triple]:
    """`count` held-out triples, evenly spread over all of them, so that no phrase is favoured."""
    order = sorted(held_out())
    return [order[index * len(order) // count] for index in range(count)]


def contact_sheet(captions: Sequence[str], clips: Sequence[Frames], *, scale: int = 1) -> Image.Image:
    """Clips (l, h, w, 3) uint8 of one size, COLUMNS side by side, pixels enlarged `scale` times."""
    length, height, width, _ = clips[0].shape
    cell_width = length * (width * scale + GAP) - GAP + 2 * MARGIN
    cell_height = TEXT_HEIGHT + height * scale + MARGIN
    rows = -(-len(clips) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * cell_width, rows * cell_height + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for index, (caption, clip) in enumerate(zip(captions, clips, strict=True)):
        left = index % COLUMNS * cell_width + MARGIN
        top = index // COLUMNS * cell_height + MARGIN
        pen.text((left, top), caption, INK, font)
        for number, frame in enumerate(clip):
            picture = Image.fromarray(frame).resize((width * scale, height * scale), Image.Resampling.NEAREST)
            page.paste(picture, (left + number * (width * scale + GAP), top + TEXT_HEIGHT))
    return page


def write_sheet(path: Path, captions: Sequence[str], clips: Sequence[Frames]) -> None:
    """Writes a contact sheet as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(captions, clips).save(path, optimize=True)
