"""What readers hand to the assembly: pieces of a scene, each as its file has it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Material


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Some triangles, placed: metres, Y up. Not checked yet; n vertices, m triangles."""

    positions: npt.NDArray[np.float32]
    """(n, 3)."""
    triangles: npt.NDArray[np.int64]
    """(m, 3) into the positions, or outside of them in a damaged file."""
    normals: npt.NDArray[np.float32] | None = None
    """(n, 3), of any length."""
    uvs: npt.NDArray[np.float32] | None = None
    """(n, 2), origin bottom-left."""
    colours: npt.NDArray[np.uint8] | None = None
    """(n, 3) sRGB."""
    material: Material | None = None
    """Pieces with the same object are of the same material."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A file's pieces, and a name for all."""

    name: str
    pieces: list[Piece]


def placed(
    positions: npt.NDArray[np.float32], normals: npt.NDArray[np.float32] | None, matrix: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Positions and normals (n, 3) under an affine matrix (4, 4) on column vectors; normals by its cofactors."""
    with np.errstate(all="ignore"):  # what overflows is found not finite by the assembly
        linear = matrix[:3, :3]
        moved = (positions.astype(np.float64) @ linear.T + matrix[:3, 3]).astype(np.float32)
        if normals is None:
            return moved, None
        a, b, c = linear
        cofactors = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
        sign = np.sign(a @ np.cross(b, c))
        return moved, (normals.astype(np.float64) @ cofactors.T * sign).astype(np.float32)


def mirrors(matrix: npt.NDArray[np.float64]) -> bool:
    """Whether an affine matrix turns triangles inside out."""
    a, b, c = matrix[:3, :3]
    with np.errstate(all="ignore"):
        return bool(a @ np.cross(b, c) < 0)
