"""Pictures of solids under their captions, on one page."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kinoform.engine.family import Frames
from kinoform.media.surface.field import Field
from kinoform.models.form_mini.preview import look
from kinoform.training.page import save_page

COLUMNS = 5
MARGIN = 10
TEXT_HEIGHT = 16
PAPER, INK = (250, 250, 248), (40, 40, 44)


def write_sheet(path: Path, captions: Sequence[str], solids: Sequence[Field]) -> None:
    """Writes a page of previews (see `save_page`)."""
    save_page(page([*captions], [look(solid)[0] for solid in solids]), path)


def page(captions: Sequence[str], pictures: Sequence[Frames]) -> Image.Image:
    """Square pictures (h, h, 3) of one size, COLUMNS side by side, captions below, cut where they are too long."""
    side = pictures[0].shape[0]
    width, height = side + 2 * MARGIN, side + TEXT_HEIGHT + MARGIN
    sheet = Image.new("RGB", (COLUMNS * width, -(-len(pictures) // COLUMNS) * height + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for index, (caption, picture) in enumerate(zip(captions, pictures, strict=True)):
        left, top = index % COLUMNS * width + MARGIN, index // COLUMNS * height + MARGIN
        sheet.paste(Image.fromarray(np.ascontiguousarray(picture)), (left, top))
        while pen.textlength(caption, font) > side + MARGIN:
            caption = caption[:-2].rstrip() + "…"
        pen.text((left, top + side + 1), caption, INK, font)
    return sheet
