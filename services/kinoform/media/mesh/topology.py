"""What a surface encloses."""

import numpy as np
import numpy.typing as npt


def is_watertight(triangles: npt.NDArray[np.int32]) -> bool:
    """Whether each edge is passed as often one way as the other. triangles: (m, 3), welded."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).astype(np.int64)
    count = int(triangles.max()) + 1
    forth, back = edges @ [count, 1], edges @ [1, count]
    return bool(np.array_equal(np.sort(forth), np.sort(back)))


def volume(positions: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32]) -> float:
    """What a closed surface encloses, in the cube of the positions' unit; negative if it is inside out."""
    centred = positions.astype(np.float64) - positions.astype(np.float64).mean(axis=0)
    a, b, c = (centred[triangles[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)
