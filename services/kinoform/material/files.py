"""The files that a material is delivered in. Equal maps always give equal bytes."""

import re
import zipfile
from functools import cache
from pathlib import Path

import MaterialX

from kinoform.media.material.files import material_zip, read_material_zip
from kinoform.media.material.maps import MaterialMaps
from kinoform.media.material.relief import tileability
from kinoform.media.mesh.formats import MEDIA_TYPES, MeshFormat
from kinoform.media.mesh.report import report
from kinoform.serving.files import WrittenFile, slug
from kinoform.serving.reports import MaterialReport

_NAME_CHARACTERS = 48


def write_files(maps: MaterialMaps, prompt: str, folder: Path) -> list[WrittenFile]:
    """The ZIP file, and beside it those of its files that one wants at once: the ball, its picture, the swatch."""
    name = identifier(prompt)
    archive = folder / f"{name}.zip"
    archive.write_bytes(material_zip(maps, name))
    with zipfile.ZipFile(archive) as files:
        found = material_report(archive.read_bytes(), files.read(f"{name}.mtlx").decode())
        ball, poster, swatch = (
            Path(files.extract(f"{name}{ending}", folder)) for ending in (".glb", "_ball.png", "_swatch.png")
        )
    return [
        WrittenFile("material", archive, "application/zip", found),
        WrittenFile("poster", poster, "image/png"),
        WrittenFile("swatch", swatch, "image/png"),
        WrittenFile("glb", ball, MEDIA_TYPES[MeshFormat.GLB], report(ball, MeshFormat.GLB)),
    ]


def material_report(archive: bytes, document: str) -> MaterialReport:
    """What is found in a ZIP file and its MaterialX document, read back. Seams are the worst of colour and height."""
    maps = read_material_zip(archive)
    across, down = (max(pair) for pair in zip(tileability(maps.base_colour), tileability(maps.height), strict=True))
    return MaterialReport(
        size=maps.side,
        size_m=maps.size_m,
        tileability_x=across,
        tileability_y=down,
        findings=_objections(document),
    )


def identifier(prompt: str) -> str:
    """What a material made of a prompt is called: ASCII letters, digits and `_`, a letter in front."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", slug(prompt, "material"))[:_NAME_CHARACTERS].strip("_") or "material"
    return words if words[0].isalpha() else f"material_{words}"


def _objections(document: str) -> tuple[str, ...]:
    read = MaterialX.createDocument()
    MaterialX.readFromXmlString(read, document)
    read.setDataLibrary(_libraries())
    sound, message = read.validate()
    return () if sound else tuple(line for line in message.splitlines() if line)


@cache
def _libraries() -> MaterialX.Document:
    """MaterialX's own definitions, of which every document is made; half a second to read."""
    libraries = MaterialX.createDocument()
    MaterialX.loadLibraries(MaterialX.getDefaultDataLibraryFolders(), MaterialX.getDefaultDataSearchPath(), libraries)
    return libraries
