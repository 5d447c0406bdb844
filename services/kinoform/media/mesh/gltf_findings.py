"""What the glTF validator would say of a GLB file, of the rules that writers break most. glTF 2.0, section 3."""

import numpy as np

from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.gltf_data import GltfData, chunks
from kinoform.media.mesh.readers.json_node import Node

_LIMITS = MeshLimits()
_MANY = _LIMITS.max_nodes
_UNIT_TOLERANCE = 1e-3


def gltf_findings(data: bytes) -> tuple[str, ...]:
    """Of a file that has been read: missing targets and bounds, vectors not of unit length, missing tangents."""
    document, blob = chunks(data)
    buffers = GltfData(document, blob, _LIMITS)
    accessors = document.nodes("accessors", _MANY)
    views = document.nodes("bufferViews", _MANY)
    found: list[str] = []
    for mesh in document.nodes("meshes", _MANY):
        for primitive in mesh.nodes("primitives", _MANY):
            used = _accessors_of(primitive)
            for name, index in used.items():
                if "target" not in views[accessors[index].integer("bufferView")]:
                    found.append(f"the buffer view of {name} has no target")
            found += _bounds(accessors[used["POSITION"]], buffers.array(used["POSITION"], 3))
            for name, width in (("NORMAL", 3), ("TANGENT", 4)):
                if name in used and not _are_unit(buffers.array(used[name], width)):
                    found.append(f"{name} has vectors that are not of unit length")
            if _has_normal_map(document, primitive) and "TANGENT" not in used:
                found.append("a normal map without TANGENT")
    return tuple(found)


def _accessors_of(primitive: Node) -> dict[str, int]:
    attributes = primitive.node("attributes")
    used = {name: attributes.integer(name) for name in attributes}
    if "indices" in primitive:
        used["indices"] = primitive.integer("indices")
    return used


def _bounds(accessor: Node, rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> list[str]:
    if "min" not in accessor or "max" not in accessor:
        return ["POSITION has no min and max"]
    zero = (0.0, 0.0, 0.0)
    declared = (accessor.numbers("min", zero), accessor.numbers("max", zero))
    true = (rows.min(axis=0).tolist(), rows.max(axis=0).tolist())
    return [] if declared == true else [f"POSITION declares bounds {declared}, and has {true}"]


def _are_unit(rows: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bool:
    lengths = np.linalg.norm(rows[:, :3].astype(np.float64), axis=1)
    return bool(np.all(np.abs(lengths - 1) < _UNIT_TOLERANCE))


def _has_normal_map(document: Node, primitive: Node) -> bool:
    if "material" not in primitive:
        return False
    return "normalTexture" in document.nodes("materials", _MANY)[primitive.integer("material")]
