"""Where a clip is saved, and in which form."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from kinoform_client.errors import DataLossError, ErrorDetails, invalid
from kinoform_client.types import VideoFormat

_FORMATS = {
    ".mp4": VideoFormat.MP4,
    ".webm": VideoFormat.WEBM,
    ".gif": VideoFormat.GIF,
    ".zip": VideoFormat.PNG_SEQUENCE,
}
_FRAME = re.compile(r"frame_\d{4,}\.png")


@dataclass(frozen=True, slots=True)
class Target:
    """A file or, for lossless frames, a folder."""

    path: Path
    format: VideoFormat
    folder: bool = False


def target(output: str | None, prompt: str) -> Target:
    """Where `-o` points; without it an unused name made from the prompt. Raises InvalidArgumentError."""
    if output is None:
        return Target(_unused(slug(prompt)), VideoFormat.MP4)
    path = Path(output)
    if output.endswith(("/", "\\")) or path.is_dir() or not path.suffix:
        if path.exists() and not path.is_dir():
            raise invalid("--output", f"{path} is a file; frames need a folder")
        return Target(path, VideoFormat.PNG_SEQUENCE, folder=True)
    if path.suffix.lower() not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise invalid("--output", f"must end in {known}, or name a folder for PNG frames; got {path.name!r}")
    return Target(path, _FORMATS[path.suffix.lower()])


def slug(prompt: str) -> str:
    """A file name's stem from a prompt: `a-penguin-moves-to-the-left`."""
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")
    return words[:60].rstrip("-_") or "clip"


def unpack_frames(archive: Path, folder: Path) -> int:
    """Puts the archive's frames into the folder, in place of an older clip's, and gives their number.

    Raises DataLossError if it holds anything but stored frames: nothing is ever written outside the folder.
    """
    with zipfile.ZipFile(archive) as frames:
        for entry in frames.infolist():
            # stored, not deflated: so the size on disk is the size that was downloaded
            if not _FRAME.fullmatch(entry.filename) or entry.compress_type != zipfile.ZIP_STORED:
                details = ErrorDetails(code="DATA_LOSS", reason="UNEXPECTED_ENTRY")
                raise DataLossError(f"the frames' archive holds {entry.filename!r}", details)
        names = frames.namelist()
        frames.extractall(folder)
    for leftover in folder.glob("frame_*.png"):
        if _FRAME.fullmatch(leftover.name) and leftover.name not in names:
            leftover.unlink()
    return len(names)


def _unused(stem: str) -> Path:
    path, number = Path(f"{stem}.mp4"), 2
    while path.exists():
        path, number = Path(f"{stem}-{number}.mp4"), number + 1
    return path
