"""Printing's coordinates: millimetres, Z up. Ours: metres, Y up."""

import numpy as np
import numpy.typing as npt

MILLIMETRES = 1000.0


def z_up(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, 3) turned by +90° about X: Y becomes Z, and the front (+Z) faces -Y as printers' beds have it."""
    return np.stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]], axis=1)


def y_up(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, 3) turned back: the inverse of `z_up`."""
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1)
