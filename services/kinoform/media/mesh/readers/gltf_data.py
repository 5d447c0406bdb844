"""The binary side of a glTF file: buffers, views and accessors, each within the one below."""

import base64
import binascii
import json
import struct
from typing import Final

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.json_node import Node, entry

_JSON, _BIN = 0x4E4F534A, 0x004E4942
_MAX_JSON_BYTES = 32 << 20
_COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def chunks(data: bytes) -> tuple[Node, bytes]:
    """The JSON document and the binary chunk, empty if there is none. data: of a length that its header declares."""
    text, blob = None, None
    offset = 12
    while offset + 8 <= len(data):
        length, kind = struct.unpack_from("<II", data, offset)
        end = offset + 8 + length
        if end > len(data):
            raise MediaCorrupt(f"a GLB chunk of {length} bytes with {len(data) - offset - 8} left")
        if kind == _JSON and text is None:
            text = data[offset + 8 : end]
        elif kind == _BIN and blob is None:
            blob = data[offset + 8 : end]
        offset = end
    if offset != len(data) or text is None:
        raise MediaCorrupt("a GLB file without a JSON chunk, or with bytes behind its last one")
    return Node(_parsed(text), "glTF"), blob or b""


def _parsed(text: bytes) -> object:
    if len(text) > _MAX_JSON_BYTES:
        raise MediaTooLarge(f"a JSON chunk of {len(text)} bytes; at most {_MAX_JSON_BYTES} are allowed")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MediaCorrupt(f"a JSON chunk that is none: {error}") from error


class GltfData:
    """Reads accessors and views of a document; nothing is copied before its bounds are checked."""

    def __init__(self, document: Node, blob: bytes, limits: MeshLimits) -> None:
        self._limits = limits
        self._blob = blob
        self._buffers = document.nodes("buffers", limits.max_nodes)
        self._views = document.nodes("bufferViews", limits.max_nodes)
        self._accessors = document.nodes("accessors", limits.max_nodes)
        self._decoded: dict[int, bytes] = {}

    def count(self, accessor: int) -> int:
        """How many rows an accessor declares."""
        return entry(self._accessors, accessor, "accessor").integer("count")

    def array(self, accessor: int, *widths: int) -> npt.NDArray[np.generic]:
        """(count, width), of the stored type; normalised integers are float32 in [-1, 1]. widths: those allowed."""
        node = entry(self._accessors, accessor, "accessor")
        if "sparse" in node or "bufferView" not in node:
            raise MediaUnsupported("a sparse accessor, or one without a buffer view")
        kind = _COMPONENTS.get(node.integer("componentType"))
        width = _WIDTHS.get(node.text("type"))
        if kind is None or width not in widths:
            raise MediaCorrupt(f"accessor {accessor} has a component or a type that does not belong there")
        rows = self._rows(node, np.dtype(kind), width)
        return _normalised(rows) if node.flag("normalized") else rows

    def view(self, index: int) -> memoryview:
        """A view's bytes, not copied: many may share a long one."""
        node = entry(self._views, index, "buffer view")
        buffer = self._buffer(node.integer("buffer"))
        start, length = node.integer("byteOffset", 0), node.integer("byteLength")
        if start + length > len(buffer):
            raise MediaCorrupt(f"buffer view {index} ends at byte {start + length} of {len(buffer)}")
        return memoryview(buffer)[start : start + length]

    def _rows(self, node: Node, kind: np.dtype[np.generic], width: int) -> npt.NDArray[np.generic]:
        index, count, start = node.integer("bufferView"), node.integer("count"), node.integer("byteOffset", 0)
        view = self.view(index)
        row_bytes = kind.itemsize * width
        stride = self._views[index].integer("byteStride", row_bytes)
        if count > self._limits.max_vertices * 3:
            raise MediaTooLarge(f"an accessor of {count} rows; at most {self._limits.max_vertices * 3} are allowed")
        if stride < row_bytes or count == 0 or start + stride * (count - 1) + row_bytes > len(view):
            raise MediaCorrupt(f"an accessor of {count} rows that leaves its buffer view of {len(view)} bytes")
        rows: npt.NDArray[np.generic] = np.ndarray((count, width), kind, view, start, (stride, kind.itemsize))
        return rows.copy()

    def _buffer(self, index: int) -> bytes:
        if index not in self._decoded:
            node = entry(self._buffers, index, "buffer")
            data = data_uri(node.text("uri")) if "uri" in node else self._blob
            if (index > 0 and "uri" not in node) or node.integer("byteLength") > len(data):
                raise MediaCorrupt(f"buffer {index} declares more than its {len(data)} bytes")
            self._decoded[index] = data
        return self._decoded[index]


def data_uri(uri: str) -> bytes:
    """The bytes inside a `data:` URI. Raises MediaUnsupported for all others: nothing outside is ever opened."""
    head, comma, payload = uri.partition(",")
    if not head.startswith("data:"):
        raise MediaUnsupported(f"refers to another file, {uri[:80]!r}; all must be inside")
    if not comma or not head.endswith(";base64"):
        raise MediaUnsupported("a data: URI that is not in base64")
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaCorrupt(f"a data: URI that is damaged: {error}") from error


def _normalised(rows: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """glTF 2.0, section 3.11."""
    if rows.dtype.kind == "f":
        return rows
    bits = 8 * rows.dtype.itemsize - (rows.dtype.kind == "i")
    largest = np.float32((1 << bits) - 1)
    return np.maximum(rows.astype(np.float32) / largest, np.float32(-1))
