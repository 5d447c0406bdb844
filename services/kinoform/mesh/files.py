"""The files that meshes are delivered in. Equal meshes always give equal bytes."""

from functools import partial
from pathlib import Path

from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.formats import MEDIA_TYPES, MeshFormat, file_ending
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.report import report
from kinoform.media.mesh.write import write_lods, write_mesh
from kinoform.media.png import png_bytes
from kinoform.media.render.turntable import poster
from kinoform.mesh.tasks import Formats
from kinoform.serving.files import WrittenFile, slug
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

POSTER_SIZE = 512
"""Pixels along an edge."""


def name_of(prompt: str) -> str:
    """What an asset made of a prompt is called, as mesh files name their nodes."""
    return safe_name(slug(prompt, "mesh"), "mesh")


async def deliver(asset: MeshAsset, formats: Formats, job: Job) -> None:
    """Writes and stores the asset in every format, and its poster, one file after the other."""
    files = [partial(write_format, asset, each) for each in formats] + [partial(write_poster, asset)]
    for number, write in enumerate(files):
        job.reached(Stage.WRITE, number, len(files))
        await job.store(write)


def write_format(asset: MeshAsset, format: MeshFormat, folder: Path) -> list[WrittenFile]:  # noqa: A002
    """The finest level of detail; of GLB every level, in a file of its own. Each is read back. Raises MediaError."""
    if format is MeshFormat.GLB:
        paths = write_lods(folder, asset, format)
    else:
        paths = [folder / f"{asset.name}{file_ending(format)}"]
        write_mesh(paths[0], asset, format)
    roles = [format.value, *(f"{format.value}_lod{level}" for level in range(1, len(paths)))]
    return [
        WrittenFile(role, path, MEDIA_TYPES[format], report(path, format))
        for role, path in zip(roles, paths, strict=True)
    ]


def write_poster(asset: MeshAsset, folder: Path) -> list[WrittenFile]:
    """A picture of the finest level of detail."""
    path = folder / f"{asset.name}.png"
    path.write_bytes(png_bytes(poster(asset.lods[:1], width=POSTER_SIZE, height=POSTER_SIZE)))
    return [WrittenFile("poster", path, "image/png")]
