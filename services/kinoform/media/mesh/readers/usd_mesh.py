"""UsdGeomMesh as pieces."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pxr import Sdf, Usd, UsdGeom

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.axes import y_up
from kinoform.media.mesh.colour import srgb_from_linear
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material
from kinoform.media.mesh.readers.assembly import check_counts
from kinoform.media.mesh.readers.pieces import Piece, mirrors, placed
from kinoform.media.mesh.readers.polygons import distinct_rows, fans

_Number = TypeVar("_Number", np.float32, np.int64)
_Attribute = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
"""Rows, and for each corner the row that it has."""


class UsdPlacement:
    """Turns meshes to metres, Y up, in the world."""

    def __init__(self, stage: Usd.Stage, limits: MeshLimits) -> None:
        self._limits = limits
        self._transforms = UsdGeom.XformCache()
        self._metres = UsdGeom.GetStageMetersPerUnit(stage)
        self._is_z_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.z

    def piece(self, mesh: UsdGeom.Mesh, material: Material | None) -> Piece:
        """The cage, where a mesh is a subdivision surface. Raises MediaCorrupt, MediaTooLarge."""
        points = _array(mesh.GetPointsAttr().Get(), np.float32, 3)
        counts = _array(mesh.GetFaceVertexCountsAttr().Get(), np.int64, 1).reshape(-1)
        corners = _array(mesh.GetFaceVertexIndicesAttr().Get(), np.int64, 1).reshape(-1)
        check_counts(0, len(points), self._limits)
        triangles = fans(counts, self._limits)
        if counts.sum() != len(corners):
            raise MediaCorrupt(f"a USD mesh whose faces have {counts.sum()} corners, with {len(corners)} indices")
        if len(corners) and (corners.min() < 0 or corners.max() >= len(points)):
            raise MediaCorrupt(f"a triangle names a vertex outside 0…{len(points) - 1}")
        given = {name: _per_corner(*primvar, corners, counts) for name, primvar in _primvars(mesh).items()}
        found = {name: attribute for name, attribute in given.items() if attribute is not None}
        distinct, places = distinct_rows(np.stack([corners, *(numbers for _, numbers in found.values())], axis=1))
        columns = zip(found.items(), distinct.T[1:], strict=True)
        rows = {name: attribute[numbers] for (name, (attribute, _)), numbers in columns}
        piece = Piece(
            positions=points[distinct[:, 0]],
            triangles=places[triangles],
            normals=rows.get("normals"),
            uvs=rows.get("uvs"),
            colours=srgb_from_linear(np.nan_to_num(rows["colours"])) if "colours" in rows else None,
            material=material,
        )
        return self._moved(piece, mesh)

    def _moved(self, piece: Piece, mesh: UsdGeom.Mesh) -> Piece:
        matrix = np.array(self._transforms.GetLocalToWorldTransform(mesh.GetPrim())).T  # USD has row vectors
        positions, normals = placed(piece.positions, piece.normals, matrix)
        with np.errstate(all="ignore"):  # what overflows is found not finite by the assembly
            positions = positions * np.float32(self._metres)
        if self._is_z_up:
            positions, normals = y_up(positions), None if normals is None else y_up(normals)
        is_inside_out = mirrors(matrix) != (mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded)
        triangles = piece.triangles[:, ::-1] if is_inside_out else piece.triangles
        return replace(piece, positions=positions, normals=normals, triangles=triangles)


def _primvars(mesh: UsdGeom.Mesh) -> dict[str, tuple[UsdGeom.Primvar | None, int]]:
    """Normals, UVs and colours, where the mesh has them, and their widths."""
    api = UsdGeom.PrimvarsAPI(mesh)
    coordinates = (
        primvar
        for primvar in api.GetPrimvarsWithValues()
        if primvar.GetTypeName() in (Sdf.ValueTypeNames.TexCoord2fArray, Sdf.ValueTypeNames.Float2Array)
    )
    normals = api.GetPrimvar("normals")
    if not normals.HasValue():
        normals = UsdGeom.Primvar(mesh.GetNormalsAttr())
    return {
        "normals": (normals, 3),
        "uvs": (next(coordinates, None), 2),
        "colours": (mesh.GetDisplayColorPrimvar(), 3),
    }


def _per_corner(
    primvar: UsdGeom.Primvar | None, width: int, corners: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> _Attribute | None:
    """None for one without values, or with too few of them."""
    if primvar is None or not primvar.HasValue():
        return None
    rows = _array(primvar.Get(), np.float32, width)
    numbers = _numbers(primvar.GetInterpolation(), corners, counts)
    if primvar.IsIndexed():
        indices = _array(primvar.GetIndices(), np.int64, 1).reshape(-1)
        if numbers.max(initial=0) >= len(indices):
            raise MediaCorrupt(f"a USD primvar with {len(indices)} indices, fewer than its mesh needs")
        numbers = indices[numbers]
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= len(rows):
        raise MediaCorrupt(f"a USD primvar with {len(rows)} values, fewer than its mesh needs")
    return rows, numbers


def _numbers(
    interpolation: str, corners: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Which value each corner has."""
    if interpolation in (UsdGeom.Tokens.vertex, UsdGeom.Tokens.varying):
        return corners
    if interpolation == UsdGeom.Tokens.faceVarying:
        return np.arange(len(corners))
    if interpolation == UsdGeom.Tokens.uniform:
        return np.repeat(np.arange(len(counts)), counts)
    return np.zeros(len(corners), np.int64)


def _array(value: object, kind: type[_Number], width: int) -> npt.NDArray[_Number]:
    """(n, width) of a USD array, or of no value."""
    if value is None:
        return np.zeros((0, width), kind)
    return np.array(value).astype(kind).reshape(-1, width)
