"""Files of every kind that is delivered, as their writers make them."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image

from kinoform.media.mesh.formats import MEDIA_TYPES, MeshFormat, file_ending
from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.mesh.write import write_mesh
from kinoform.media.video import VideoFormat, write_video
from tests.media.mesh.assets import cube, wood

FRAMES = np.random.default_rng(1).integers(0, 255, (8, 48, 64, 3), dtype=np.uint8)


class Kind(NamedTuple):
    """A kind of file."""

    media_type: str
    name: str
    write: Callable[[Path], object]


def _video(kind: VideoFormat) -> Callable[[Path], object]:
    return lambda path: write_video(path, FRAMES, Fraction(24), kind)


def _mesh(kind: MeshFormat) -> Kind:
    asset = MeshAsset(name="box", lods=(Part(mesh=cube(), material=wood()),))
    return Kind(MEDIA_TYPES[kind], f"box{file_ending(kind)}", lambda path: write_mesh(path, asset, kind))


def _quicktime(path: Path) -> None:
    with av.open(str(path), "w", format="mov") as file:
        stream = file.add_stream("prores_ks", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv422p10le"
        for each in FRAMES:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(each, "rgb24")))
        file.mux(stream.encode(None))


EMBEDDED = (
    Kind("video/mp4", "clip.mp4", _video(VideoFormat.MP4)),
    Kind("video/quicktime", "clip.mov", _quicktime),
    Kind("image/png", "poster.png", lambda path: Image.fromarray(FRAMES[0]).save(path)),
    Kind("image/jpeg", "poster.jpg", lambda path: Image.fromarray(FRAMES[0]).save(path)),
)
BESIDE = (
    Kind("video/webm", "clip.webm", _video(VideoFormat.WEBM)),
    Kind("image/gif", "clip.gif", _video(VideoFormat.GIF)),
    Kind("application/zip", "frames.zip", _video(VideoFormat.PNG)),
    *map(_mesh, MeshFormat),
    Kind("image/x-exr", "frame.exr", lambda path: path.write_bytes(FRAMES[0].tobytes())),
)
