"""USD layers and packages, one layer each: whatever would open another file is refused before anything is composed."""

import posixpath
import tempfile
from pathlib import Path

from pxr import Ar, Sdf, Tf, Usd, UsdGeom

from kinoform.media.errors import MediaCorrupt, MediaUnsupported
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts, check_pieces
from kinoform.media.mesh.readers.pieces import Piece, Scene
from kinoform.media.mesh.readers.usd_materials import UsdMaterials
from kinoform.media.mesh.readers.usd_mesh import UsdPlacement

_LAYER_ENDINGS = (".usd", ".usdc", ".usda")


def read_usd(data: bytes, limits: MeshLimits) -> Scene:
    """The visible meshes of the default prim, else of the stage.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    archive = Archive(data, limits) if data.startswith(b"PK") else None
    name = archive.names[0] if archive else "layer.usdc" if data.startswith(b"PXR-USDC") else "layer.usda"
    layer = _layer(archive.read(name) if archive else data, posixpath.splitext(name)[1])
    _check_alone(layer)
    stage = Usd.Stage.Open(layer, Sdf.Layer.CreateAnonymous(), Ar.DefaultResolverContext([]))
    root = stage.GetDefaultPrim() or stage.GetPseudoRoot()
    materials = UsdMaterials(archive, posixpath.dirname(name), limits)
    return Scene(safe_name(root.GetName(), "mesh"), _pieces(stage, root, materials, limits))


def _layer(data: bytes, ending: str) -> Sdf.Layer:
    """Detached from its file, with no folder that relative paths could start from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"layer{ending}"
        path.write_bytes(data)
        try:
            layer = Sdf.Layer.OpenAsAnonymous(str(path))
        except Tf.ErrorException as error:
            raise MediaCorrupt("a USD layer that is damaged") from error
        if layer is None:
            raise MediaCorrupt("a USD layer that is damaged")
        detached = Sdf.Layer.CreateAnonymous(ending)
        detached.TransferContent(layer)
        return detached


def _check_alone(layer: Sdf.Layer) -> None:
    others = layer.GetCompositionAssetDependencies()
    if others:
        raise MediaUnsupported(f"a USD layer that refers to another, {others[0][:80]!r}; all must be in one")

    def refuse_clips(path: Sdf.Path) -> None:
        spec = layer.GetPrimAtPath(path) if path.IsPrimPath() or path.IsPrimVariantSelectionPath() else None
        if spec is not None and (spec.HasInfo("clips") or spec.HasInfo("clipSets")):
            raise MediaUnsupported("a USD layer with value clips, which are other files")

    layer.Traverse(Sdf.Path.absoluteRootPath, refuse_clips)


def _pieces(stage: Usd.Stage, root: Usd.Prim, materials: UsdMaterials, limits: MeshLimits) -> list[Piece]:
    placement = UsdPlacement(stage, limits)
    pieces = []
    triangles = vertices = 0
    prims = iter(Usd.PrimRange(root, Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)))
    for prim in prims:
        imageable = UsdGeom.Imageable(prim)
        if imageable and imageable.ComputeEffectiveVisibility() == UsdGeom.Tokens.invisible:
            prims.PruneChildren()
        elif prim.IsA(UsdGeom.Mesh) and imageable.ComputePurpose() in (UsdGeom.Tokens.default_, UsdGeom.Tokens.render):
            piece = placement.piece(UsdGeom.Mesh(prim), materials.bound_to(prim))
            triangles += len(piece.triangles)
            vertices += len(piece.positions)
            pieces.append(piece)
            check_pieces(len(pieces), limits)
            check_counts(triangles, vertices, limits)
    return pieces
