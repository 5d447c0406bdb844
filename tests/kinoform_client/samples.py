"""Small, true files of every kind that jobs make."""

import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass

import av
import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from kinoform_proto.type.v1 import report_pb2

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Report = report_pb2.MeshReport | report_pb2.MaterialReport | report_pb2.ConditioningReport

MESH_REPORT = report_pb2.MeshReport(
    triangles=12,
    vertices=24,
    watertight=True,
    manifold="NoError",
    volume_m3=0.24,
    size_m=(0.5, 0.8, 0.6),
    uv_min=(0.0, 0.0),
    uv_max=(1.0, 1.0),
    textures=[report_pb2.TextureInfo(role="base_colour", width=16, height=16)],
)
MATERIAL_REPORT = report_pb2.MaterialReport(size=64, size_m=0.5, tileability_x=1.02, tileability_y=0.98)

CONDITIONING_REPORT = report_pb2.ConditioningReport(width=48, height=48, coverage=0.25)
PALETTE_REPORT = report_pb2.ConditioningReport(
    width=48,
    height=12,
    coverage=1,
    colours=[report_pb2.PaletteColour(hex="#3c3c46", share=0.75), report_pb2.PaletteColour(hex="#f0966e", share=0.25)],
)


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A job's output."""

    role: str
    media_type: str
    name: str
    data: bytes
    report: Report | None = None
    credentials: bytes | None = None
    """Beside it."""


VIDEO = MadeFile("video", "video/mp4", "clip.mp4", b"video" * 1000)


def made_by(kind: str) -> list[MadeFile]:
    """What the jobs of a kind make, all of it readable."""
    poster = MadeFile("poster", "image/png", "poster.png", png(ball(48)))
    match kind:
        case "GenerateVideo" | "RenderTurntable":
            return [MadeFile("video", "video/mp4", "clip.mp4", mp4()), poster]
        case "GenerateMesh" | "ProcessMesh" | "TextureMesh":
            return [*meshes(), poster]
        case "GenerateMaterial":
            archive = MadeFile("material", "application/zip", "brick.zip", material_zip(brick()), MATERIAL_REPORT)
            swatch = MadeFile("swatch", "image/png", "swatch.png", png(ball(32)))
            return [
                archive,
                poster,
                swatch,
                MadeFile("glb", "model/gltf-binary", "sphere.glb", mesh("glb"), MESH_REPORT),
            ]
        case "reference" | "edges" | "soft_edges" | "depth" | "normals" | "pose" | "embedding":
            return [MadeFile("picture", "image/png", "picture.png", png(ball(48)), CONDITIONING_REPORT)]
        case "palette":
            return [MadeFile("picture", "image/png", "picture.png", png(ball(48)[:12]), PALETTE_REPORT)]
        case "cut_out":
            picture = MadeFile("picture", "image/png", "picture.png", png(cut_out()), CONDITIONING_REPORT)
            return [picture, MadeFile("mask", "image/png", "mask.png", png(cut_out()[..., 3]))]
    raise AssertionError(kind)


def meshes() -> list[MadeFile]:
    """A box as GLB in two levels of detail, as STL, and bytes that stand for USDZ."""
    glb = mesh("glb")
    return [
        MadeFile("glb", "model/gltf-binary", "box.glb", glb, MESH_REPORT),
        MadeFile("glb_lod1", "model/gltf-binary", "box_lod1.glb", glb, MESH_REPORT),
        MadeFile("usdz", "model/vnd.usdz+zip", "box.usdz", b"usdz" * 100),
        MadeFile("stl", "model/stl", "box.stl", mesh("stl")),
    ]


def mesh(file_type: str) -> bytes:
    """A box of 0.5 x 0.8 x 0.6."""
    return bytes(trimesh.creation.box((0.5, 0.8, 0.6)).export(file_type=file_type))


def brick() -> dict[str, Pixels]:
    """Maps of a material, 64 pixels, 16 bits, by name."""
    rows, columns = np.mgrid[0:64, 0:64]
    mortar = (rows % 16 < 2) | ((columns + 16 * (rows // 16 % 2)) % 32 < 2)
    clay = np.array((38000, 15000, 11000)) + 40 * columns[..., None]
    colour = np.where(mortar[..., None], (52000, 50000, 47000), clay)
    flat = np.broadcast_to(np.array((32768, 32768, 65535)), (64, 64, 3))
    height = np.where(mortar, 10000, 50001)
    maps = {"base_colour": colour, "normal": flat, "roughness": 65535 - height // 3, "height": height}
    return {name: values.astype(np.uint16) for name, values in maps.items()}


def material_zip(maps: dict[str, Pixels], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A material's ZIP file: maps, MaterialX, description and the ball."""
    entries = {f"m_{name}.png": png(values) for name, values in maps.items()}
    description = {"maps": {name: f"m_{name}.png" for name in maps}}
    entries["m.mtlx"] = b'<?xml version="1.0"?><materialx version="1.39"/>'
    entries["m.json"] = json.dumps(description).encode()
    return archive(entries | {"m_ball.png": png(ball(48))}, compression)


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(zipfile.ZipInfo(name), content, compression)
    return data.getvalue()


def png(pixels: Pixels) -> bytes:
    """A PNG file (ISO 15948) of (h, w) or (h, w, 3 or 4), 8 or 16 bits: Pillow writes no 16-bit RGB."""
    height, width = pixels.shape[:2]
    kind = {1: 0, 3: 2, 4: 6}[1 if pixels.ndim == 2 else pixels.shape[2]]
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, kind, 0, 0, 0)
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    stride = len(rows) // height
    body = b"".join(b"\0" + rows[start : start + stride] for start in range(0, len(rows), stride))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(body)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def ball(size: int) -> NDArray[np.uint8]:
    """A shaded ball, (size, size, 3)."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    depth = np.sqrt(np.clip(0.7 - x * x - y * y, 0, None))
    light = np.clip(0.3 * -x - 0.5 * y + 0.9 * depth, 0, 1) * (depth > 0)
    return np.round(np.stack([60 + 180 * light, 60 + 90 * light, 70 + 70 * light], axis=-1)).astype(np.uint8)


def cut_out() -> NDArray[np.uint8]:
    """The ball without its background, (48, 48, 4)."""
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    alpha = np.where(x * x + y * y < 0.7, 255, 0).astype(np.uint8)
    return np.dstack([ball(48), alpha])


def mp4(frames: int = 8, size: int = 48) -> bytes:
    """A clip of a ball that goes round."""
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = Image.fromarray(np.roll(ball(size), number * size // frames, axis=1))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return data.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
