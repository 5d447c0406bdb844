"""A contact sheet: lit swatches of tiles under their captions."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kinoform.models.grain_mini.swatch import swatch
from kinoform.training.grain.descriptors import Planes
from kinoform.training.page import save_page

COLUMNS = 6
SIDE = 192
MARGIN = 10
TEXT_HEIGHT = 18
PAPER, INK = (250, 250, 248), (40, 40, 44)


def contact_sheet(captions: Sequence[str], tiles: Iterable[Planes], *, repeats: int = 1) -> Image.Image:
    """Swatches of SIDE pixels, each repeated `repeats` times both ways, COLUMNS side by side."""
    rows = -(-len(captions) // COLUMNS)
    cell = SIDE + MARGIN
    page = Image.new("RGB", (COLUMNS * cell + MARGIN, rows * (cell + TEXT_HEIGHT) + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(11)
    for index, (caption, planes) in enumerate(zip(captions, tiles, strict=True)):
        left = index % COLUMNS * cell + MARGIN
        top = index // COLUMNS * (cell + TEXT_HEIGHT) + MARGIN
        pen.text((left, top), caption, INK, font)
        picture = Image.fromarray(swatch(planes)).resize((SIDE // repeats, SIDE // repeats), Image.Resampling.LANCZOS)
        for down in range(repeats):
            for right in range(repeats):
                page.paste(picture, (left + right * picture.width, top + TEXT_HEIGHT + down * picture.height))
    return page


def write_sheet(path: Path, captions: Sequence[str], tiles: Iterable[Planes], *, repeats: int = 1) -> None:
    """Writes a contact sheet (see `save_page`)."""
    save_page(contact_sheet(captions, tiles, repeats=repeats), path)
