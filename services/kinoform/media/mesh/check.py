"""What holds of every part that is written or was read."""

import re

import numpy as np

from kinoform.media.mesh.errors import BadMesh
from kinoform.media.mesh.model import Mesh, MeshAsset, Part

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def safe_name(text: str, otherwise: str) -> str:
    """The text with all that is no letter, digit, `-` or `_` made `_`, cut at 64; `otherwise`, if nothing is left."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:64].strip("_") or otherwise


def check_asset(asset: MeshAsset) -> None:
    """Raises BadMesh for a name, a mesh or a material that breaks its type's own description."""
    if not _NAME.fullmatch(asset.name):
        raise BadMesh(f"a name is 1 to 64 letters, digits, `-` and `_`, got {asset.name[:80]!r}")
    if not asset.lods:
        raise BadMesh("an asset has at least one level of detail")
    for part in asset.lods:
        check_part(part)


def check_part(part: Part) -> None:
    """Raises BadMesh."""
    check_mesh(part.mesh)
    if part.material is not None and part.mesh.uvs is None:
        raise BadMesh("a material's textures need UVs")


def check_mesh(mesh: Mesh) -> None:
    """Raises BadMesh."""
    count = len(mesh.positions)
    if len(mesh.triangles) == 0:
        raise BadMesh("a mesh without triangles")
    for name, array, width in (
        ("positions", mesh.positions, 3),
        ("normals", mesh.normals, 3),
        ("uvs", mesh.uvs, 2),
        ("colours", mesh.colours, 3),
    ):
        if array is None:
            continue
        if array.shape != (count, width):
            raise BadMesh(f"{name} of shape {array.shape}, not ({count}, {width})")
        if not np.isfinite(array).all():
            raise BadMesh(f"{name} that are not finite")
    if mesh.triangles.min() < 0 or mesh.triangles.max() >= count:
        raise BadMesh(f"a triangle names a vertex outside 0…{count - 1}")
