"""The files that a clip is delivered in. Equal frames always give equal bytes."""

from pathlib import Path

from kinoform.engine.family import Frames
from kinoform.media.png import png_bytes
from kinoform.media.resize import resize_lanczos, resize_nearest
from kinoform.media.video import VideoFormat, write_video
from kinoform.serving.files import WrittenFile, slug
from kinoform.video.task import ClipFile, Upscale

TYPES = {
    VideoFormat.MP4: (".mp4", "video/mp4"),
    VideoFormat.WEBM: (".webm", "video/webm"),
    VideoFormat.GIF: (".gif", "image/gif"),
    VideoFormat.PNG: (".zip", "application/zip"),
}


def write_files(frames: Frames, file: ClipFile, prompt: str, folder: Path) -> list[WrittenFile]:
    """Writes the clip and its poster into `folder`. frames: (l, h, w, 3) as decoded. Raises BadFrames."""
    frames = _enlarged(frames, file)
    suffix, media_type = TYPES[file.format]
    name = slug(prompt, "clip")
    video, poster = folder / f"{name}{suffix}", folder / f"{name}.png"
    write_video(video, frames, file.rate, file.format)
    poster.write_bytes(png_bytes(frames[len(frames) // 2]))
    return [WrittenFile("video", video, media_type), WrittenFile("poster", poster, "image/png")]


def _enlarged(frames: Frames, file: ClipFile) -> Frames:
    if file.view_size is None or file.view_size == (frames.shape[2], frames.shape[1]):
        return frames
    resize = resize_nearest if file.upscale is Upscale.NEAREST else resize_lanczos
    return resize(frames, *file.view_size)
