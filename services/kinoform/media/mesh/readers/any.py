"""Any mesh file, to its finest part. Runs in a worker."""

from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Part
from kinoform.media.mesh.readers.assembly import joined
from kinoform.media.mesh.readers.pieces import Scene


def read_part(data: bytes, limits: MeshLimits) -> tuple[str, Part]:
    """A name and a part, in metres, Y up. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    scene = _scene(data, limits)
    return scene.name, joined(scene.pieces, limits)


def _scene(data: bytes, limits: MeshLimits) -> Scene:
    match probe_mesh(data, limits).format:
        case MeshFormat.GLB:
            from kinoform.media.mesh.readers.glb import read_glb

            return read_glb(data, limits)
        case MeshFormat.USDZ | MeshFormat.USDC:
            from kinoform.media.mesh.readers.usd import read_usd  # 0.6 s of imports

            return read_usd(data, limits)
        case MeshFormat.OBJ:
            from kinoform.media.mesh.readers.obj import read_obj

            return read_obj(data, limits)
        case MeshFormat.PLY:
            from kinoform.media.mesh.readers.ply import read_ply

            return read_ply(data, limits)
        case MeshFormat.STL:
            from kinoform.media.mesh.readers.stl import read_stl

            return read_stl(data, limits)
        case MeshFormat.THREEMF:
            from kinoform.media.mesh.readers.threemf import read_threemf

            return read_threemf(data, limits)
