"""GLB 2.0, strictly: all that is declared lies within the file, and nothing outside is opened."""

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.colour import srgb_from_linear
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts, check_pieces
from kinoform.media.mesh.readers.gltf_data import GltfData, chunks
from kinoform.media.mesh.readers.gltf_materials import GltfMaterials
from kinoform.media.mesh.readers.gltf_nodes import placements
from kinoform.media.mesh.readers.json_node import Node
from kinoform.media.mesh.readers.pieces import Piece, Scene, mirrors, placed

_COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression")
_KNOWN = ("KHR_mesh_quantization", "KHR_materials_", "KHR_lights_punctual", "EXT_texture_webp")
_TRIANGLES, _STRIP, _FAN = 4, 5, 6


def read_glb(data: bytes, limits: MeshLimits) -> Scene:
    """The triangles of the default scene. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    document, blob = chunks(data)
    _check_extensions(document, limits)
    reader = _GlbReader(document, GltfData(document, blob, limits), limits)
    return Scene(reader.name, reader.pieces())


def _check_extensions(document: Node, limits: MeshLimits) -> None:
    used = [node.as_text() for node in document.nodes("extensionsUsed", limits.max_nodes)]
    required = [node.as_text() for node in document.nodes("extensionsRequired", limits.max_nodes)]
    for name in required:
        if not name.startswith(_KNOWN):
            raise MediaUnsupported(f"the glTF extension {name[:80]!r}")
    for name in _COMPRESSED:
        if name in used:
            raise MediaUnsupported(f"the glTF extension {name!r}")


class _GlbReader:
    def __init__(self, document: Node, data: GltfData, limits: MeshLimits) -> None:
        self._data = data
        self._limits = limits
        self._materials = GltfMaterials(document, data, limits)
        self._placements = placements(document, limits)
        meshes = document.nodes("meshes", limits.max_nodes)
        self._meshes = [
            [node for node in mesh.nodes("primitives", limits.max_nodes) if _has_triangles(node)] for mesh in meshes
        ]
        self._check_declared_counts()
        self.name = safe_name(meshes[0].text("name") if meshes else "", "mesh")

    def pieces(self) -> list[Piece]:
        return [
            self._piece(primitive, matrix) for index, matrix in self._placements for primitive in self._meshes[index]
        ]

    def _check_declared_counts(self) -> None:
        """Before anything is copied: a few bytes can place one mesh many times."""
        declared = [[self._declared(primitive) for primitive in primitives] for primitives in self._meshes]
        totals = [(len(mesh), sum(t for t, _ in mesh), sum(v for _, v in mesh)) for mesh in declared]
        unknown = [index for index, _ in self._placements if index >= len(totals)]
        if unknown:
            raise MediaCorrupt(f"mesh {unknown[0]} of {len(totals)}")
        placed_totals = [totals[index] for index, _ in self._placements]
        check_pieces(sum(pieces for pieces, _, _ in placed_totals), self._limits)
        check_counts(sum(t for _, t, _ in placed_totals), sum(v for _, _, v in placed_totals), self._limits)

    def _declared(self, primitive: Node) -> tuple[int, int]:
        """Triangles and vertices."""
        vertices = self._data.count(primitive.node("attributes").integer("POSITION"))
        corners = self._data.count(primitive.integer("indices")) if "indices" in primitive else vertices
        return corners // 3, vertices

    def _piece(self, primitive: Node, matrix: npt.NDArray[np.float64]) -> Piece:
        attributes = primitive.node("attributes")
        stored = self._data.array(attributes.integer("POSITION"), 3).astype(np.float32)
        normals = self._attribute(attributes, "NORMAL", len(stored), 3)
        positions, normals = placed(stored, normals, matrix)
        triangles = self._triangles(primitive, len(positions))
        material, factor, uv_set = None, (1.0, 1.0, 1.0), 0
        if "material" in primitive:
            index = primitive.integer("material")
            material, factor = self._materials.material(index), self._materials.factor(index)
            uv_set = self._materials.texture_coordinates(index)
        uvs = self._attribute(attributes, f"TEXCOORD_{uv_set}", len(positions), 2)
        return Piece(
            positions=positions,
            triangles=triangles[:, ::-1] if mirrors(matrix) else triangles,
            normals=normals,
            uvs=None if uvs is None else np.stack([uvs[:, 0], 1 - uvs[:, 1]], axis=1),
            colours=self._colours(attributes, len(positions), factor),
            material=material,
        )

    def _attribute(self, attributes: Node, key: str, count: int, *widths: int) -> npt.NDArray[np.float32] | None:
        if key not in attributes:
            return None
        rows = self._data.array(attributes.integer(key), *widths).astype(np.float32)
        if len(rows) != count:
            raise MediaCorrupt(f"{len(rows)} rows of {key} for {count} vertices")
        return rows

    def _colours(
        self, attributes: Node, count: int, factor: tuple[float, float, float]
    ) -> npt.NDArray[np.uint8] | None:
        light = self._attribute(attributes, "COLOR_0", count, 3, 4)
        if light is None and factor == (1, 1, 1):
            return None
        rows = np.ones((count, 3), np.float32) if light is None else light[:, :3]
        return srgb_from_linear(np.nan_to_num(rows) * np.array(factor))

    def _triangles(self, primitive: Node, count: int) -> npt.NDArray[np.int64]:
        if "indices" not in primitive:
            indices = np.arange(count, dtype=np.int64)
        else:
            stored = self._data.array(primitive.integer("indices"), 1)
            if stored.dtype.kind != "u":
                raise MediaCorrupt("indices that are no unsigned integers")
            indices = stored.reshape(-1).astype(np.int64)
        if len(indices) % 3:
            raise MediaCorrupt(f"{len(indices)} indices do not make triangles")
        return indices.reshape(-1, 3)


def _has_triangles(primitive: Node) -> bool:
    mode = primitive.integer("mode", _TRIANGLES)
    if mode in (_STRIP, _FAN):
        raise MediaUnsupported("triangle strips and fans")
    return mode == _TRIANGLES
