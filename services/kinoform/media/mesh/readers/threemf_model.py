"""The elements of a 3MF model as they come."""

from array import array
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.mesh.axes import y_up
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts, check_pieces
from kinoform.media.mesh.readers.pieces import Piece, Scene, mirrors, placed
from kinoform.media.mesh.readers.polygons import distinct_rows

_METRES: Final = {
    "micron": 1e-6,
    "millimeter": 1e-3,
    "centimeter": 1e-2,
    "inch": 0.0254,
    "foot": 0.3048,
    "meter": 1.0,
}
_KNOWN_EXTENSIONS: Final = {"m", "p"}
_NO_COLOUR: Final = -1
_Matrix = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Object:
    """A mesh, or others placed."""

    name: str
    property_group: str | None
    property_index: int
    positions: "array[float]" = field(default_factory=lambda: array("f"))
    corners: "array[int]" = field(default_factory=lambda: array("q"))
    colours: "array[int]" = field(default_factory=lambda: array("q"))
    """Of each corner, 0xRRGGBB or none."""
    components: list[tuple["_Object", _Matrix]] = field(default_factory=list)
    triangles: int = 0
    """With those of the components."""
    vertices: int = 0
    pieces: int = 0


class ModelReader:
    """Takes an XML parser's events; then has a scene. Raises MediaError, and KeyError or ValueError for attributes."""

    def __init__(self, limits: MeshLimits) -> None:
        self._limits = limits
        self._scale = _METRES["millimeter"]
        self._groups: dict[str, list[int]] = {}
        self._group: list[int] = []
        self._objects: dict[str, _Object] = {}
        self._object, self._object_id = _Object("", None, 0), ""
        self._triangles = self._vertices = self._pieces = 0
        self._items: list[tuple[_Object, _Matrix]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        match tag.rpartition(" ")[2]:
            case "vertex":
                self._object.positions.extend((float(attributes["x"]), float(attributes["y"]), float(attributes["z"])))
            case "triangle":
                self._triangle(attributes)
            case "model":
                self._model(attributes)
            case "colorgroup" | "basematerials":
                self._group = self._groups[attributes["id"]] = []
            case "color":
                self._group.append(_colour(attributes["color"]))
            case "base":
                self._group.append(_colour(attributes["displaycolor"]))
            case "object":
                name = safe_name(attributes.get("name", ""), "mesh")
                self._object = _Object(name, attributes.get("pid"), int(attributes.get("pindex", "0")))
                self._object_id = attributes["id"]
            case "component":
                self._object.components.append(self._placed(attributes))
            case "item":
                self._item(*self._placed(attributes))

    def end(self, tag: str) -> None:
        """An element closes."""
        if tag.rpartition(" ")[2] == "object":
            self._close(self._object)
            self._objects[self._object_id] = self._object

    def scene(self) -> Scene:
        """What the build's items place, in metres, Y up."""
        pieces = []
        waiting = self._items[::-1]
        while waiting:
            item, matrix = waiting.pop()
            if item.corners:
                pieces.append(self._piece(item, matrix))
            with np.errstate(all="ignore"):  # what overflows is found not finite by the assembly
                waiting += [(other, matrix @ local) for other, local in reversed(item.components)]
        return Scene(self._items[0][0].name if self._items else "mesh", pieces)

    def _item(self, item: _Object, matrix: _Matrix) -> None:
        self._items.append((item, matrix))
        self._triangles += item.triangles
        self._vertices += item.vertices
        self._pieces += item.pieces
        check_pieces(self._pieces, self._limits)
        check_counts(self._triangles, self._vertices, self._limits)

    def _close(self, done: _Object) -> None:
        others = [other for other, _ in done.components]
        done.triangles = len(done.corners) // 3 + sum(other.triangles for other in others)
        done.vertices = len(done.positions) // 3 + sum(other.vertices for other in others)
        done.pieces = 1 + sum(other.pieces for other in others)
        check_pieces(done.pieces, self._limits)
        check_counts(done.triangles, done.vertices, self._limits)

    def _model(self, attributes: dict[str, str]) -> None:
        self._scale = _METRES[attributes.get("unit", "millimeter")]
        for prefix in attributes.get("requiredextensions", "").split():
            if prefix not in _KNOWN_EXTENSIONS:
                raise MediaUnsupported(f"the 3MF extension {prefix[:80]!r}")

    def _placed(self, attributes: dict[str, str]) -> tuple[_Object, _Matrix]:
        """Objects come before those that use them, so there are no loops."""
        if any(key.endswith(" path") for key in attributes):
            raise MediaUnsupported("3MF objects in other parts of the package")
        found = self._objects.get(attributes["objectid"])
        if found is None:
            raise MediaCorrupt(f"3MF object {attributes['objectid'][:40]!r} is not there, or comes later")
        return found, _matrix(attributes.get("transform", "1 0 0 0 1 0 0 0 1 0 0 0"))

    def _triangle(self, attributes: dict[str, str]) -> None:
        self._object.corners.extend((int(attributes["v1"]), int(attributes["v2"]), int(attributes["v3"])))
        group = attributes.get("pid", self._object.property_group)
        colours = self._groups.get(group) if group is not None else None
        if colours is None:  # a texture, or none
            self._object.colours.extend((_NO_COLOUR,) * 3)
        else:
            first = int(attributes.get("p1", self._object.property_index))
            numbers = (first, int(attributes.get("p2", first)), int(attributes.get("p3", first)))
            if min(numbers) < 0 or max(numbers) >= len(colours):
                raise MediaCorrupt(f"3MF colour {max(numbers)} of {len(colours)}")
            self._object.colours.extend(colours[number] for number in numbers)
        check_counts(len(self._object.corners) // 3, len(self._object.positions) // 3, self._limits)

    def _piece(self, item: _Object, matrix: _Matrix) -> Piece:
        corners = np.array(item.corners, np.int64)
        colours = np.array(item.colours, np.int64)
        positions = np.array(item.positions, np.float32).reshape(-1, 3)
        if corners.min() < 0 or corners.max() >= len(positions):
            raise MediaCorrupt(f"a triangle names a vertex outside 0…{len(positions) - 1}")
        if (colours != _NO_COLOUR).any():
            distinct, corners = distinct_rows(np.stack([corners, colours], axis=1))
            positions, colours = positions[distinct[:, 0]], distinct[:, 1]
        moved, _ = placed(positions, None, matrix)
        triangles = corners.reshape(-1, 3)
        return Piece(
            positions=y_up(moved) * np.float32(self._scale),
            triangles=triangles[:, ::-1] if mirrors(matrix) else triangles,
            colours=_bytes(colours) if len(colours) == len(positions) and (colours != _NO_COLOUR).any() else None,
        )


def _colour(text: str) -> int:
    """0xRRGGBB of `#RRGGBB` or `#RRGGBBAA`."""
    if len(text) not in (7, 9) or text[0] != "#":
        raise ValueError(f"the colour {text[:40]!r}")
    return int(text[1:7], 16)


def _bytes(colours: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """(n, 3); white for none."""
    known = np.where(colours == _NO_COLOUR, 0xFFFFFF, colours)
    return np.stack([known >> 16, known >> 8, known], axis=1).astype(np.uint8)


def _matrix(text: str) -> _Matrix:
    """(4, 4) on column vectors, of four rows of three, on row vectors."""
    numbers = np.array([float(word) for word in text.split()])
    matrix = np.eye(4)
    matrix[:3, :] = numbers.reshape(4, 3).T
    return matrix
