"""Where a clip is saved, and in which form."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from kinoform_client.archive import FRAME, unpack
from kinoform_client.cli.places import names_folder, unused
from kinoform_client.cli.progress import JobView
from kinoform_client.errors import invalid
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import VideoFormat

_FORMATS = {
    ".mp4": VideoFormat.MP4,
    ".webm": VideoFormat.WEBM,
    ".gif": VideoFormat.GIF,
    ".zip": VideoFormat.PNG_SEQUENCE,
}


@dataclass(frozen=True, slots=True)
class ClipPlace:
    """A file or, for lossless frames, a folder."""

    path: Path
    format: VideoFormat
    folder: bool = False

    def save(self, job: JobHandle, view: JobView) -> list[Path]:
        """Downloads the video: a file, or the frames it holds."""
        video = job.output("video")
        if not self.folder:
            return [video.download(self.path, report=view.moved)]
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.path, prefix=".kinoform-") as scratch:
            _unpack_frames(video.download(Path(scratch) / "frames.zip", report=view.moved), self.path)
        return [self.path]


def clip_place(output: str | None, name: str, default: VideoFormat = VideoFormat.MP4) -> ClipPlace:
    """Where `-o` points; without it an unused name in the default format. Raises InvalidArgumentError."""
    if output is None:
        return ClipPlace(Path(f"{unused(name, [f'.{default}'])}.{default}"), default)
    path = Path(output)
    if names_folder(output) or not path.suffix:
        if path.exists() and not path.is_dir():
            raise invalid("--output", f"{path} is a file; frames need a folder")
        return ClipPlace(path, VideoFormat.PNG_SEQUENCE, folder=True)
    if path.suffix.lower() not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise invalid("--output", f"must end in {known}, or name a folder for PNG frames; got {path.name!r}")
    return ClipPlace(path, _FORMATS[path.suffix.lower()])


def _unpack_frames(archive: Path, folder: Path) -> None:
    """Puts the archive's frames into the folder, in place of an older clip's. Raises DataLossError."""
    frames = unpack(archive, FRAME, folder)
    for leftover in folder.glob("frame_*.png"):
        if FRAME.fullmatch(leftover.name) and leftover not in frames:
            leftover.unlink()
