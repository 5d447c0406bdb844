"""Footage as callers bring it: a picture or a clip, judged before it is decoded, then decoded to the end."""

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.footage.animation import read_animation
from kinoform.media.footage.pictures import read_frames, read_still
from kinoform.media.footage.reel import Bounds, Footage
from kinoform.media.footage.video import MATROSKA, MP4, read_video
from kinoform.media.footage.whole import check_whole_matroska, check_whole_mp4

__all__ = ["Footage", "MediaCorrupt", "MediaTooLarge", "MediaUnsupported", "load_footage"]

MAX_BYTES = 512 << 20
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""With one of which a zip file begins: the second when there is nothing in it."""
_EBML = b"\x1a\x45\xdf\xa3"
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""With one of which an MP4 or, in the last century, a MOV file begins."""
_ANIMATED = 0b10
"""In the flags of a WebP file's VP8X chunk."""


def load_footage(data: bytes, *, max_frames: int, max_side: int) -> Footage:
    """Every frame of it, uint8 (l, h, w, 3), sRGB, upright, transparency over white.

    Taken are PNG, JPEG and WebP stills (l = 1), animated WebP and GIF, MP4, MOV, WebM and Matroska, and zip files of
    PNG pictures in the order of their names. A clip of more than `max_frames` is refused; frames with a side of more
    than `max_side` pixels are made smaller one by one. The bytes alone decide, no name and no media type. FFmpeg reads
    the video files, and hostile ones may crash it: run this in a process of its own, such as `kinoform.serving.bench`.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    if len(data) > MAX_BYTES:
        raise MediaTooLarge(f"{len(data)} bytes; at most {MAX_BYTES} are allowed")
    bounds = Bounds(max_frames, max_side)
    if data.startswith(_ZIP):
        return read_frames(data, bounds)
    if data.startswith(b"GIF8") or _is_animated_webp(data):
        return read_animation(data, bounds)
    if data.startswith(_EBML):
        check_whole_matroska(data)
        return read_video(data, MATROSKA, bounds)
    if data[4:8] in _BOXES:
        check_whole_mp4(data)
        return read_video(data, MP4, bounds)
    return read_still(data, bounds)


def _is_animated_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and len(data) > 20 and bool(data[20] & _ANIMATED)
