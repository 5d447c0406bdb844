"""The files that a clip is delivered in. Equal frames always give equal bytes."""

import re
from dataclasses import dataclass
from pathlib import Path

from kinoform.engine.family import Frames
from kinoform.media.png import png_bytes
from kinoform.media.resize import resize_lanczos, resize_nearest
from kinoform.media.video import VideoFormat, write_video
from kinoform.video.messages import ClipFile, Start, Upscale

NAME_CHARACTERS = 60
TYPES = {
    VideoFormat.MP4: (".mp4", "video/mp4"),
    VideoFormat.WEBM: (".webm", "video/webm"),
    VideoFormat.GIF: (".gif", "image/gif"),
    VideoFormat.PNG: (".zip", "application/zip"),
}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file on this machine, to be stored."""

    role: str
    """`video` or `poster`."""
    path: Path
    """Its last part is the name to save under."""
    media_type: str


def write_files(frames: Frames, start: Start, folder: Path) -> list[WrittenFile]:
    """Writes the clip and its poster into `folder`. frames: (l, h, w, 3) as decoded. Raises BadFrames."""
    frames = _enlarged(frames, start.file)
    suffix, media_type = TYPES[start.file.format]
    name = _slug(start.clip.prompt)
    video, poster = folder / f"{name}{suffix}", folder / f"{name}.png"
    write_video(video, frames, start.file.rate, start.file.format)
    poster.write_bytes(png_bytes(frames[len(frames) // 2]))
    return [WrittenFile("video", video, media_type), WrittenFile("poster", poster, "image/png")]


def _enlarged(frames: Frames, file: ClipFile) -> Frames:
    if file.view_size is None or file.view_size == (frames.shape[2], frames.shape[1]):
        return frames
    resize = resize_nearest if file.upscale is Upscale.NEAREST else resize_lanczos
    return resize(frames, *file.view_size)


def _slug(prompt: str) -> str:
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")
    return words[:NAME_CHARACTERS].rstrip("-_") or "clip"
