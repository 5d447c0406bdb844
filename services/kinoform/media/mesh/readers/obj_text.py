"""The lines of an OBJ file as arrays."""

import io
from array import array
from typing import Final

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts

NONE: Final = -(1 << 40)
"""In place of a row's number: the corner has no UV, or no normal."""
_LONGEST_LINE = 1 << 16
_LARGEST_INDEX = 1 << 31


class ObjText:
    """Positions, UVs, normals and polygons, as they stand; indices count from 0, and are not checked against rows."""

    def __init__(self, data: bytes, limits: MeshLimits) -> None:
        """Raises MediaCorrupt, MediaTooLarge."""
        self.name = ""
        self.libraries: list[str] = []
        self.material_names = [""]
        self._limits = limits
        self._positions, self._uvs, self._normals = array("d"), array("d"), array("d")
        self._width = 0
        self._counts, self._corners, self._polygon_materials = array("q"), array("q"), array("q")
        self._material = 0
        try:
            self._read(data)
        except (ValueError, OverflowError) as error:
            raise MediaCorrupt(f"an OBJ line that is damaged: {error}") from error
        width = self._width or 3
        self.positions: npt.NDArray[np.float64] = np.array(self._positions).reshape(-1, width)
        """(n, 3), or (n, 6) with colours in [0, 1]."""
        self.uvs: npt.NDArray[np.float64] = np.array(self._uvs).reshape(-1, 2)
        """(t, 2)."""
        self.normals: npt.NDArray[np.float64] = np.array(self._normals).reshape(-1, 3)
        """(k, 3)."""
        self.counts = np.array(self._counts, np.int64)
        """(f,) corners of each polygon."""
        self.corners: npt.NDArray[np.int64] = np.array(self._corners, np.int64).reshape(-1, 3)
        """(c, 3) numbers of position, UV and normal, of each polygon's corners, one polygon after another."""
        self.polygon_materials = np.array(self._polygon_materials, np.int64)
        """(f,) into `material_names`."""

    def _read(self, data: bytes) -> None:
        numbers = {"": 0}
        for line in io.BytesIO(data.replace(b"\\\n", b" ").replace(b"\\\r\n", b" ")):
            key, *words = line[:_LONGEST_LINE].split() or [b""]
            if key == b"v":
                self._vertex(words)
            elif key == b"f":
                self._face(words)
            elif key == b"vt":
                self._uvs.extend((float(words[0]), float(words[1]) if len(words) > 1 else 0.0))
            elif key == b"vn":
                self._normals.extend(_three(words))
            elif key == b"usemtl":
                name = _rest(words)
                self._material = numbers.setdefault(name, len(numbers))
            elif key == b"mtllib":
                self.libraries.append(_rest(words))
            elif key in (b"o", b"g") and not self.name:
                self.name = _rest(words)
        self.material_names = list(numbers)

    def _vertex(self, words: list[bytes]) -> None:
        width = 6 if len(words) >= 6 else 3
        self._width = self._width or width
        if width != self._width:
            raise ValueError("vertices of which some have colours and some have none")
        self._positions.extend(map(float, words[:width]) if width == 6 else _three(words))
        if len(self._positions) > self._width * self._limits.max_vertices:
            check_counts(0, len(self._positions) // self._width, self._limits)

    def _face(self, words: list[bytes]) -> None:
        rows = (len(self._positions) // (self._width or 3), len(self._uvs) // 2, len(self._normals) // 3)
        for word in words:
            given = word.split(b"/")
            if len(given) > 3:
                raise ValueError(f"a corner of {len(given)} numbers")
            given += [b""] * (3 - len(given))
            self._corners.extend(map(_index, given, rows))
        self._counts.append(len(words))
        self._polygon_materials.append(self._material)
        if len(self._counts) > self._limits.max_triangles:
            check_counts(len(self._counts), 0, self._limits)


def _three(words: list[bytes]) -> tuple[float, float, float]:
    x, y, z = words[:3]
    return float(x), float(y), float(z)


def _rest(words: list[bytes]) -> str:
    return b" ".join(words).decode("utf-8", "replace")


def _index(word: bytes, rows: int) -> int:
    """From 0; negative ones count back from the last row so far."""
    if not word:
        return NONE
    number = int(word)
    if number == 0 or abs(number) > _LARGEST_INDEX:
        raise ValueError(f"a row of number {number}")
    return number - 1 if number > 0 else rows + number
