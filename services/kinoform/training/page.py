"""Contact sheets as files."""

from pathlib import Path

from PIL import Image

COLOURS = 256
"""Of a PNG."""
QUALITY = 72
"""Of a WebP."""


def save_page(page: Image.Image, path: Path) -> None:
    """Writes a page, by its name as WebP or as PNG of at most COLOURS colours: in bytes a seventh or a third of a PNG
    of all its colours, and little to be seen of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".webp":
        page.save(path, quality=QUALITY, method=6)
    else:
        page.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
