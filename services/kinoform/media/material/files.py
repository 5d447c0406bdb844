"""A material as files: maps, a MaterialX document, a ball to load and pictures to look at; and back."""

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.material.convert import mesh_material
from kinoform.media.material.document import materialx_document
from kinoform.media.material.errors import BadMaterial
from kinoform.media.material.facts import MAPS, Facts
from kinoform.media.material.maps import LARGEST, Levels, MaterialMaps, as_floats, as_levels
from kinoform.media.material.png16 import png16_bytes, read_png16
from kinoform.media.material.preview import ball, ball_picture, swatch_picture
from kinoform.media.material.relief import normal_from_height, occlusion_from_height
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.write import write_mesh
from kinoform.media.png import png_bytes

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BALL_PIXELS = 512
_LIMITS = MeshLimits(max_members=64, max_inflated_bytes=1 << 30)


def write_material(folder: Path, maps: MaterialMaps, name: str) -> list[Path]:
    """Write all files of a material into a folder, made if need be: see `material_files`. Raises BadMaterial."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file, data in material_files(maps, name):
        (folder / file).write_bytes(data)
        paths.append(folder / file)
    return paths


def material_zip(maps: MaterialMaps, name: str) -> bytes:
    """All files of a material in a zip file, stored as they are, equal for equal maps. Raises BadMaterial."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, data in material_files(maps, name):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data)
    return file.getvalue()


def material_files(maps: MaterialMaps, name: str) -> Iterator[tuple[str, bytes]]:
    """File names and contents, one by one:

    `NAME_base_colour.png` and the like for roughness, metallic, height, normal (+Y up) and occlusion: 16 bits;
    `NAME.mtlx`: MaterialX, OpenPBR; `NAME.json`: the tile's true size; `NAME.glb`: a ball of the material;
    `NAME_ball.png`, `NAME_swatch.png`: pictures. name: an identifier of at most 64 letters. Raises BadMaterial.
    """
    if not _NAME.fullmatch(name):
        raise BadMaterial(f"a name is a letter and up to 63 letters, digits and `_`, got {name[:80]!r}")
    names = {}
    for map_name, levels in _all_maps(maps):
        names[map_name] = f"{name}_{map_name}.png"
        yield names[map_name], png16_bytes(levels, srgb=map_name == "base_colour")
    yield f"{name}.mtlx", materialx_document(name, maps, names).encode()
    yield f"{name}.json", Facts(maps.size_m, maps.height_m, names).to_json().encode()
    material = mesh_material(name, maps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.glb"
        write_mesh(path, MeshAsset(name=name, lods=(ball(material),)), MeshFormat.GLB)
        yield path.name, path.read_bytes()
    yield f"{name}_ball.png", png_bytes(ball_picture(material, _BALL_PIXELS))
    yield f"{name}_swatch.png", png_bytes(swatch_picture(maps))


def read_material_zip(data: bytes, limits: MeshLimits = _LIMITS) -> MaterialMaps:
    """The maps in a zip file that `material_zip` wrote, exactly; the normals and occlusion are not needed.

    Nothing is inflated before its declared size is judged. Raises MediaCorrupt, MediaTooLarge, MediaUnsupported,
    BadMaterial.
    """
    archive = Archive(data, limits)
    descriptions = [name for name in archive.names if name.endswith(".json")]
    if len(descriptions) != 1:
        raise MediaUnsupported(f"a material's zip file holds one JSON file, got {len(descriptions)}")
    facts = Facts.of_json(archive.read(descriptions[0]))
    missing = [name for name in MAPS if facts.files[name] not in archive.names]
    if missing:
        raise MediaCorrupt(f"the files said to hold {', '.join(missing)} are not there")
    found = {name: read_png16(archive.read(facts.files[name]), max_side=LARGEST) for name in MAPS}
    return MaterialMaps(**found, height_m=facts.height_m, size_m=facts.size_m)


def _all_maps(maps: MaterialMaps) -> Iterator[tuple[str, Levels]]:
    """Names and levels of the maps, the derived ones included."""
    yield "base_colour", maps.base_colour
    yield "roughness", maps.roughness
    yield "metallic", maps.metallic
    yield "height", maps.height
    height = as_floats(maps.height)
    yield "normal", as_levels((normal_from_height(height, maps.height_m, maps.size_m) + 1) * np.float32(0.5))
    yield "occlusion", as_levels(occlusion_from_height(height, maps.height_m, maps.size_m))
