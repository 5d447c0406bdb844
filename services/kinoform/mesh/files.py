"""The files that meshes are delivered in. Equal meshes always give equal bytes. Needs no torch."""

from pathlib import Path

from kinoform.media.mesh.formats import MEDIA_TYPES, MeshFormat, file_ending
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.report import report
from kinoform.media.mesh.write import write_lods, write_mesh
from kinoform.media.png import png_bytes
from kinoform.media.render.alpha import write_rgba_zip, write_webm_alpha
from kinoform.media.render.turntable import poster
from kinoform.media.video import Frames, VideoFormat, write_video
from kinoform.mesh.tasks import TurntableFormat, TurntableTask
from kinoform.serving.files import WrittenFile

CLIPS = {
    TurntableFormat.MP4: (".mp4", "video/mp4", VideoFormat.MP4),
    TurntableFormat.WEBM: (".webm", "video/webm", VideoFormat.WEBM),
    TurntableFormat.PNG: (".zip", "application/zip", VideoFormat.PNG),
}


def write_format(asset: MeshAsset, format: MeshFormat, folder: Path) -> list[WrittenFile]:  # noqa: A002
    """The finest level of detail; of GLB every level, in a file of its own. Each is read back. Raises MediaError."""
    if format is MeshFormat.GLB:
        paths = write_lods(folder, asset, format)
    else:
        paths = [folder / f"{asset.name}{file_ending(format)}"]
        write_mesh(paths[0], asset, format)
    roles = [format.value, *(f"{format.value}_lod{level}" for level in range(1, len(paths)))]
    return [
        WrittenFile(role, path, MEDIA_TYPES[format], report(path, format))
        for role, path in zip(roles, paths, strict=True)
    ]


def write_poster(asset: MeshAsset, size: int, folder: Path) -> list[WrittenFile]:
    """A picture of the finest level of detail. size: its edge in pixels."""
    path = folder / f"{asset.name}.png"
    path.write_bytes(png_bytes(poster(asset.lods[:1], width=size, height=size)))
    return [WrittenFile("poster", path, "image/png")]


def write_clip(frames: Frames, task: TurntableTask, name: str, folder: Path) -> list[WrittenFile]:
    """A turntable. frames: uint8 (l, h, w, 3), transparent ones (l, h, w, 4)."""
    ending, media_type, video_format = CLIPS[task.format]
    path = folder / f"{name}{ending}"
    if not task.transparent:
        write_video(path, frames, task.rate, video_format)
    elif task.format is TurntableFormat.WEBM:
        write_webm_alpha(path, frames, task.rate)
    else:
        write_rgba_zip(path, frames)
    return [WrittenFile("video", path, media_type)]
