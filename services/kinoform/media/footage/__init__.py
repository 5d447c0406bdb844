"""Footage as callers bring it: a picture or a clip, judged before it is decoded, then decoded to the end."""

from kinoform.media.clip_type import clip_type
from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.footage.animation import read_animation
from kinoform.media.footage.pictures import read_frames, read_still
from kinoform.media.footage.reel import Bounds, Footage
from kinoform.media.footage.video import MATROSKA, MP4, read_video
from kinoform.media.footage.whole import check_whole_matroska, check_whole_mp4

__all__ = ["Footage", "MediaCorrupt", "MediaTooLarge", "MediaUnsupported", "load_footage"]

MAX_BYTES = 512 << 20


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
    match clip_type(data):
        case "application/zip":
            return read_frames(data, bounds)
        case "image/gif" | "image/webp":
            return read_animation(data, bounds)
        case "video/webm" | "video/x-matroska":
            check_whole_matroska(data)
            return read_video(data, MATROSKA, bounds)
        case "video/mp4" | "video/quicktime":
            check_whole_mp4(data)
            return read_video(data, MP4, bounds)
        case _:
            return read_still(data, bounds)
