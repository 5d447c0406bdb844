"""How a stored mesh is shown from all sides: frame by frame, so that others have their turns in between."""

from functools import partial
from math import radians
from pathlib import Path

import numpy as np

from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.read import read_mesh
from kinoform.media.png import png_bytes
from kinoform.media.render.alpha import write_rgba_zip, write_webm_alpha
from kinoform.media.render.frame import Backdrop, Rgba
from kinoform.media.render.turntable import poster, turntable
from kinoform.media.video import VideoFormat, write_video
from kinoform.mesh.process import MESH
from kinoform.mesh.tasks import TurntableFormat, TurntableTask
from kinoform.serving.files import WrittenFile
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

TYPES = {
    TurntableFormat.MP4: (".mp4", "video/mp4", VideoFormat.MP4),
    TurntableFormat.WEBM: (".webm", "video/webm", VideoFormat.WEBM),
    TurntableFormat.PNG: (".zip", "application/zip", VideoFormat.PNG),
}


async def show(task: TurntableTask, job: Job) -> None:
    """Renders the mesh once around and stores the clip. Raises BadInput for a mesh that can't be read."""
    job.reached(Stage.ENCODE, 0, task.frames)
    asset = await job.read(MESH, task.mesh, read_mesh)
    drawing = turntable(
        asset.lods[:1],
        frames=task.frames,
        width=task.size,
        height=task.size,
        elevation=radians(task.elevation_deg),
        backdrop=None if task.transparent else Backdrop(),
    )
    frames: list[Rgba] = []
    for number in range(task.frames):
        job.reached(Stage.RENDER, number, task.frames)
        frames.append(await job.finish(next, drawing))
    job.reached(Stage.WRITE, 0, 2)
    await job.store(partial(_write_clip, frames, task, asset.name))
    job.reached(Stage.WRITE, 1, 2)
    await job.store(partial(_write_poster, asset, task.size))


def _write_clip(frames: list[Rgba], task: TurntableTask, name: str, folder: Path) -> list[WrittenFile]:
    ending, media_type, video_format = TYPES[task.format]
    path = folder / f"{name}{ending}"
    if not task.transparent:
        write_video(path, np.stack([frame[..., :3] for frame in frames]), task.rate, video_format)
    elif task.format is TurntableFormat.WEBM:
        write_webm_alpha(path, frames, task.rate)
    else:
        write_rgba_zip(path, frames)
    return [WrittenFile("video", path, media_type)]


def _write_poster(asset: MeshAsset, size: int, folder: Path) -> list[WrittenFile]:
    path = folder / f"{asset.name}.png"
    path.write_bytes(png_bytes(poster(asset.lods[:1], width=size, height=size)))
    return [WrittenFile("poster", path, "image/png")]
