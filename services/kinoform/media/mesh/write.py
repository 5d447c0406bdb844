"""Meshes as files: GLB, USDZ, USDC, OBJ, PLY, STL, 3MF; equal assets always give equal bytes."""

import os
import uuid
from pathlib import Path

from kinoform.media.mesh.check import check_asset
from kinoform.media.mesh.formats import MeshFormat, file_ending
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.mesh.npz import part_to_npz
from kinoform.media.mesh.sandbox import in_worker
from kinoform.media.mesh.writers.glb import glb_bytes
from kinoform.media.mesh.writers.obj import obj_zip_bytes
from kinoform.media.mesh.writers.ply import ply_bytes
from kinoform.media.mesh.writers.stl import stl_bytes
from kinoform.media.mesh.writers.threemf import threemf_bytes

_WRITING = MeshLimits()


def write_mesh(path: Path, asset: MeshAsset, format: MeshFormat) -> None:  # noqa: A002
    """Write the finest level of detail; the path gets the whole file, or is left as it was.

    Raises BadMesh for what cannot be written, WorkerDied when USD's process ended.
    """
    check_asset(asset)
    _replace(path, _bytes(asset.name, asset.lods[0], format))


def write_lods(folder: Path, asset: MeshAsset, format: MeshFormat) -> list[Path]:  # noqa: A002
    """`NAME.glb`, `NAME_lod1.glb`, …: a file for each level of detail, finest first, in a folder that exists.

    Files of their own, since MSFT_lod is an extension that validators and most programs do not know.
    """
    check_asset(asset)
    paths = []
    for level, part in enumerate(asset.lods):
        stem = asset.name if level == 0 else f"{asset.name}_lod{level}"
        paths.append(folder / (stem + file_ending(format)))
        _replace(paths[-1], _bytes(stem, part, format))
    return paths


def _bytes(name: str, part: Part, format: MeshFormat) -> bytes:  # noqa: A002
    match format:
        case MeshFormat.GLB:
            return glb_bytes(name, part)
        case MeshFormat.USDZ | MeshFormat.USDC:
            return in_worker(format.value, part_to_npz(name, part), _WRITING)
        case MeshFormat.OBJ:
            return obj_zip_bytes(name, part)
        case MeshFormat.PLY:
            return ply_bytes(part.mesh)
        case MeshFormat.STL:
            return stl_bytes(part.mesh)
        case MeshFormat.THREEMF:
            return threemf_bytes(name, part)


def _replace(path: Path, data: bytes) -> None:
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        new.write_bytes(data)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
