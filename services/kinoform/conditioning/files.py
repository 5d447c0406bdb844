"""The files of a conditioning. Equal pictures give equal bytes."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from kinoform.conditioning.prepare import Made, Pixels, prepared
from kinoform.conditioning.tasks import (
    CutOut,
    Depth,
    Drawn,
    Edges,
    Embedding,
    Normals,
    Palette,
    Pose,
    Reference,
    SoftEdges,
    Wish,
)
from kinoform.serving.files import WrittenFile
from kinoform.serving.reports import ConditioningReport

PNG = "image/png"
_JSON, _NPY = "application/json", "application/octet-stream"
NAMES: dict[type[Wish], str] = {
    Reference: "reference",
    Edges: "edges",
    SoftEdges: "soft-edges",
    CutOut: "cut-out",
    Palette: "palette",
    Depth: "depth",
    Normals: "normals",
    Pose: "pose",
    Embedding: "embedding",
}


def write_prepared(pixels: Pixels, wish: Drawn, folder: Path) -> list[WrittenFile]:
    """Prepares and writes. Raises NothingInFront."""
    return write_made(prepared(pixels, wish), wish, folder)


def write_made(made: Made, wish: Wish, folder: Path) -> list[WrittenFile]:
    """The picture, and whatever else the kind has."""
    path = folder / f"{NAMES[type(wish)]}.png"
    Image.fromarray(made.picture).save(path)
    height, width = made.picture.shape[:2]
    found = ConditioningReport(width=width, height=height, coverage=made.coverage, colours=made.colours)
    files = [WrittenFile("picture", path, PNG, found)]
    if made.mask is not None:
        beside = folder / f"{NAMES[type(wish)]}-mask.png"
        Image.fromarray(made.mask).save(beside)
        files.append(WrittenFile("mask", beside, PNG))
    if made.pose is not None:
        files.append(written_pose(made.pose, folder))
    if made.embedding is not None:
        vector = folder / "embedding.npy"
        np.save(vector, made.embedding)
        files.append(WrittenFile("embedding", vector, _NPY))
    return files


def written_pose(document: object, folder: Path) -> WrittenFile:
    """The points as JSON: a picture's object, or the list of a clip's."""
    path = folder / "pose.json"
    path.write_bytes(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())
    return WrittenFile("pose", path, _JSON)
