"""Mesh files from callers, as assets."""

from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.npz import part_from_npz
from kinoform.media.mesh.sandbox import in_worker

_LIMITS = MeshLimits()


def read_mesh(data: bytes, limits: MeshLimits = _LIMITS) -> MeshAsset:
    """The mesh in a GLB, USD, OBJ, PLY, STL or 3MF file: its scene flattened, in metres, Y up, with embedded textures.

    The format is told by the content. A file of several materials comes with their colours at its vertices instead of
    textures. Nothing outside the file is ever opened, and a worker of bounded memory and time does the reading.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt; WorkerDied, when the worker was ended from outside.
    """
    probe_mesh(data, limits)
    name, part = part_from_npz(in_worker("read", data, limits))
    return MeshAsset(name=name, lods=(part,))
