"""Mesh files taken apart, changed and put together again."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.writers.glb import glb_bytes
from kinoform.media.mesh.writers.threemf import MODEL_PATH, threemf_bytes

Document = dict[str, Any]


def glb(document: Document, blob: bytes) -> bytes:
    """A GLB file of any JSON."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0") + blob
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def changed_glb(asset: MeshAsset, change: Callable[[Document], object]) -> bytes:
    """A written file whose JSON is not as it was."""
    data = glb_bytes(asset.name, asset.lods[0])
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    change(document)
    return glb(document, data[28 + length :])


def changed_threemf(asset: MeshAsset, before: str, after: str) -> bytes:
    """A written file whose model is not as it was."""
    members = unzipped(threemf_bytes(asset.name, asset.lods[0]))
    model = members[MODEL_PATH].decode()
    assert before in model
    return zipped({**members, MODEL_PATH: model.replace(before, after).encode()})


def threemf(model: str) -> bytes:
    """A 3MF file with any elements in its model."""
    namespace = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
    text = f'<model unit="meter" xmlns="{namespace}">{model}</model>'
    return zipped({"[Content_Types].xml": b"", MODEL_PATH: text.encode()})


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A deflated zip file; the names may be anything."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # Of no date: the bytes are in the names of tests, which are to be the same in every process.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """Members by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
