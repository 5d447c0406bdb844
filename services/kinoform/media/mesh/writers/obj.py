"""Wavefront OBJ with its MTL and textures, in one zip file."""

import io
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.mesh.writers.stored_zip import stored_zip
from kinoform.media.png import png_bytes

_EXACT = "%.9g"  # tells all float32 apart
_MAPS = {"base_colour": "map_Kd", "normal": "norm", "roughness": "map_Pr", "metallic": "map_Pm"}
"""Keys of MTL and its PBR extension, as Blender reads them."""


def obj_zip_bytes(name: str, part: Part) -> bytes:
    """`NAME.obj` and, of a material, `NAME.mtl` and PNG textures; MTL's maps have no place for occlusion."""
    members = {f"{name}.obj": _obj(name, part)}
    if part.material is not None:
        textures = _textures(part.material)
        members[f"{name}.mtl"] = _mtl(name, safe_name(part.material.name, name), textures)
        members |= {_texture_name(name, word): png for word, png in textures.items()}
    return stored_zip(members)


def _obj(name: str, part: Part) -> bytes:
    mesh, material = part.mesh, part.material
    out = io.StringIO()
    out.write("# Kinoform, metres, Y up\n")
    if material is not None:
        out.write(f"mtllib {name}.mtl\n")
    out.write(f"o {name}\n")
    _rows(out, "v", _vertices(mesh))
    if mesh.uvs is not None:
        _rows(out, "vt", mesh.uvs)
    _rows(out, "vn", mesh.normals)
    if material is not None:
        out.write(f"usemtl {safe_name(material.name, name)}\n")
    corner = "{0}//{0}" if mesh.uvs is None else "{0}/{0}/{0}"
    face = "f " + " ".join(corner.replace("0", str(index)) for index in range(3)) + "\n"
    out.writelines(face.format(*triangle) for triangle in (mesh.triangles + 1).tolist())
    return out.getvalue().encode("ascii")


def _vertices(mesh: Mesh) -> npt.NDArray[np.float32]:
    """Colours follow the position, as MeshLab, Blender and trimesh read and write them."""
    if mesh.colours is None:
        return mesh.positions
    return np.concatenate([mesh.positions, mesh.colours.astype(np.float32) / np.float32(255)], axis=1)


def _rows(out: io.StringIO, key: str, rows: npt.NDArray[np.float32]) -> None:
    np.savetxt(out, rows, fmt=" ".join([key, *[_EXACT] * rows.shape[1]]))


def _textures(material: Material) -> dict[str, bytes]:
    """PNG files by word of `_MAPS`."""
    pictures = {"base_colour": material.base_colour, "normal": material.normal}
    if material.orm is not None:
        pictures |= {"roughness": material.orm[..., 1], "metallic": material.orm[..., 2]}
    return {word: png_bytes(picture) for word, picture in pictures.items() if picture is not None}


def _mtl(name: str, material: str, words: Iterable[str]) -> bytes:
    lines = [f"newmtl {material}", "Kd 1 1 1", "illum 2"]
    lines += [f"{_MAPS[word]} {_texture_name(name, word)}" for word in words]
    return ("\n".join(lines) + "\n").encode("ascii")


def _texture_name(name: str, word: str) -> str:
    return f"{name}_{word}.png"
