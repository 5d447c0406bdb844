"""GLB, the binary form of glTF 2.0 (Khronos, 2021), without extensions."""

import json
import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh import plain
from kinoform.media.mesh.colour import linear_from_srgb
from kinoform.media.mesh.model import Material, Mesh, Part, Picture
from kinoform.media.png import png_bytes
from kinoform.media.surface.tangents import tangents

_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_UNSIGNED_SHORT, _UNSIGNED_INT, _FLOAT = 5123, 5125, 5126
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_TRILINEAR_REPEAT = {"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}
_SHORTEST_INDEX_LIMIT = 0xFFFF  # itself the primitive restart value, never an index


def glb_bytes(name: str, part: Part) -> bytes:
    """One node with one mesh; textures are PNG inside the file."""
    document = _Document()
    primitive: dict[str, object] = {"mode": 4}
    primitive["attributes"] = _attributes(document, part)
    primitive["indices"] = _indices(document, part.mesh)
    gltf: dict[str, object] = {
        "asset": {"version": "2.0", "generator": "Kinoform"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0}],
        "meshes": [{"name": name, "primitives": [primitive]}],
    }
    if part.material is not None:
        gltf["materials"] = [_textured(document, part.material)]
        gltf["samplers"] = [_TRILINEAR_REPEAT]
        gltf["textures"] = [{"source": source, "sampler": 0} for source in range(len(document.images))]
        gltf["images"] = document.images
    else:
        gltf["materials"] = [{"name": name, "pbrMetallicRoughness": _plain()}]
    primitive["material"] = 0
    gltf["accessors"] = document.accessors
    gltf["bufferViews"] = document.views
    gltf["buffers"] = [{"byteLength": len(document.blob)}]
    return _container(json.dumps(gltf, separators=(",", ":")).encode("ascii"), bytes(document.blob))


@dataclass(slots=True)
class _Document:
    """The tables of a glTF file as they fill."""

    blob: bytearray = field(default_factory=bytearray)
    views: list[dict[str, object]] = field(default_factory=list)
    accessors: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)

    def add_array(self, rows: npt.NDArray[np.generic], *, target: int, normalized: bool = False) -> int:
        """The new accessor's number. rows: (n, 1 to 4); rows of several numbers fill whole words."""
        kinds = {"float32": _FLOAT, "uint16": _UNSIGNED_SHORT, "uint32": _UNSIGNED_INT}
        accessor: dict[str, object] = {
            "bufferView": self._add_view(rows.tobytes(), target=target),
            "componentType": kinds[rows.dtype.name],
            "count": len(rows),
            "type": _TYPES[rows.shape[1]],
            "min": rows.min(axis=0).tolist(),
            "max": rows.max(axis=0).tolist(),
        }
        if normalized:
            accessor["normalized"] = True
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_picture(self, name: str, picture: Picture) -> int:
        """The new image's number, which is its texture's, too."""
        view = self._add_view(png_bytes(picture))
        self.images.append({"name": name, "bufferView": view, "mimeType": "image/png"})
        return len(self.images) - 1

    def _add_view(self, data: bytes, *, target: int | None = None) -> int:
        self.blob.extend(bytes(-len(self.blob) % 4))
        view: dict[str, object] = {"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self.blob.extend(data)
        self.views.append(view)
        return len(self.views) - 1


def _attributes(document: _Document, part: Part) -> dict[str, int]:
    """What the material uses, no more: validators tell of the rest."""
    mesh, material = part.mesh, part.material

    def add(rows: npt.NDArray[np.generic], *, normalized: bool = False) -> int:
        return document.add_array(rows, target=_ARRAY_BUFFER, normalized=normalized)

    attributes = {"POSITION": add(mesh.positions), "NORMAL": add(mesh.normals)}
    if material is None and mesh.colours is not None:
        attributes["COLOR_0"] = add(_linear_colours(mesh.colours), normalized=True)
    if material is not None and mesh.uvs is not None:
        attributes["TEXCOORD_0"] = add(_from_top_left(mesh.uvs))
        if material.normal is not None:
            attributes["TANGENT"] = add(tangents(mesh))
    return attributes


def _from_top_left(uvs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.stack([uvs[:, 0], 1 - uvs[:, 1]], axis=1)


def _linear_colours(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """(n, 4), opaque. Sixteen bits, since eight would merge the dark ones."""
    opaque = np.full((len(colours), 4), 0xFFFF, np.uint16)
    opaque[:, :3] = np.rint(linear_from_srgb(colours) * 0xFFFF)
    return opaque


def _indices(document: _Document, mesh: Mesh) -> int:
    kind = np.uint16 if len(mesh.positions) <= _SHORTEST_INDEX_LIMIT else np.uint32
    return document.add_array(mesh.triangles.reshape(-1, 1).astype(kind), target=_ELEMENT_ARRAY_BUFFER)


def _plain() -> dict[str, object]:
    return {"metallicFactor": plain.METALLIC, "roughnessFactor": plain.ROUGHNESS}


def _textured(document: _Document, material: Material) -> dict[str, object]:
    base = {"index": document.add_picture("base_colour", material.base_colour)}
    if material.orm is None:
        surface: dict[str, object] = {"baseColorTexture": base, **_plain()}
        written: dict[str, object] = {"name": material.name, "pbrMetallicRoughness": surface}
    else:
        orm = {"index": document.add_picture("orm", material.orm)}
        surface = {"baseColorTexture": base, "metallicRoughnessTexture": orm}
        written = {"name": material.name, "pbrMetallicRoughness": surface, "occlusionTexture": orm}
    if material.normal is not None:
        written["normalTexture"] = {"index": document.add_picture("normal", material.normal)}
    return written


def _container(text: bytes, blob: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    blob += bytes(-len(blob) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(blob), 0x004E4942) + blob
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
