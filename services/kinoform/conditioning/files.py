"""The files of a conditioning. Equal pictures give equal bytes."""

from pathlib import Path

from PIL import Image

from kinoform.conditioning.prepare import Made, Pixels, prepared
from kinoform.conditioning.tasks import CutOut, Depth, Drawn, Edges, Normals, Palette, Reference, SoftEdges, Wish
from kinoform.serving.files import WrittenFile
from kinoform.serving.reports import ConditioningReport

PNG = "image/png"
NAMES: dict[type[Wish], str] = {
    Reference: "reference",
    Edges: "edges",
    SoftEdges: "soft-edges",
    CutOut: "cut-out",
    Palette: "palette",
    Depth: "depth",
    Normals: "normals",
}


def write_prepared(pixels: Pixels, wish: Drawn, folder: Path) -> list[WrittenFile]:
    """Prepares and writes. Raises NothingInFront."""
    return write_made(prepared(pixels, wish), wish, folder)


def write_made(made: Made, wish: Wish, folder: Path) -> list[WrittenFile]:
    """The picture, and the mask where there is one."""
    path = folder / f"{NAMES[type(wish)]}.png"
    Image.fromarray(made.picture).save(path)
    height, width = made.picture.shape[:2]
    found = ConditioningReport(width=width, height=height, coverage=made.coverage, colours=made.colours)
    files = [WrittenFile("picture", path, PNG, found)]
    if made.mask is not None:
        beside = folder / f"{NAMES[type(wish)]}-mask.png"
        Image.fromarray(made.mask).save(beside)
        files.append(WrittenFile("mask", beside, PNG))
    return files
