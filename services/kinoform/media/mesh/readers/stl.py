"""STL, binary and text: millimetres, Z up, as slicers have it."""

import re
from array import array

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.axes import MILLIMETRES, y_up
from kinoform.media.mesh.detect import is_binary_stl, stl_count
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts
from kinoform.media.mesh.readers.pieces import Piece, Scene
from kinoform.media.mesh.weld import welded
from kinoform.media.mesh.writers.stl import FACET, HEADER_BYTES

_VERTEX = re.compile(rb"vertex[ \t]+(\S{1,40})[ \t]+(\S{1,40})[ \t]+(\S{1,40})")


def read_stl(data: bytes, limits: MeshLimits) -> Scene:
    """The triangles, welded. Raises MediaTooLarge, MediaCorrupt."""
    corners = _binary(data, limits) if is_binary_stl(data) else _text(data, limits)
    with np.errstate(all="ignore"):
        positions = y_up(corners.reshape(-1, 3)) / np.float32(MILLIMETRES)
    if not np.isfinite(positions).all():  # welding compares them
        raise MediaCorrupt("a position that is not finite")
    triangles = np.arange(len(positions), dtype=np.int32).reshape(-1, 3)
    positions, triangles = welded(positions, triangles)
    return Scene("mesh", [Piece(positions=positions, triangles=triangles.astype(np.int64))])


def _binary(data: bytes, limits: MeshLimits) -> npt.NDArray[np.float32]:
    count = stl_count(data)
    check_counts(count, 3 * count, limits)
    return np.frombuffer(data, FACET, count, HEADER_BYTES + 4)["corners"].astype(np.float32)


def _text(data: bytes, limits: MeshLimits) -> npt.NDArray[np.float32]:
    numbers = array("f")
    try:
        for found in _VERTEX.finditer(data):
            numbers.extend(map(float, found.groups()))
            if len(numbers) > 9 * limits.max_triangles:
                check_counts(len(numbers) // 9 + 1, 0, limits)
    except (ValueError, OverflowError) as error:
        raise MediaCorrupt(f"a vertex that is no three numbers: {error}") from error
    if len(numbers) % 9:
        raise MediaCorrupt(f"{len(numbers) // 3} vertices do not make triangles")
    return np.array(numbers, np.float32)
