"""What is made of a clip without torch: in a process of its own, frame by frame."""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

import numpy as np

from kinoform.conditioning.clip_files import framed, write_clip
from kinoform.conditioning.files import write_made, written_pose
from kinoform.conditioning.prepare import LEAST_COVERAGE, Made, Pixels, cut_out, lines, posed, prepared
from kinoform.conditioning.tasks import MAX_FRAMES, CutOut, Drawn, Edges, Palette, Pose, Reference
from kinoform.conditioning.u2net import foreground_alpha
from kinoform.media.errors import NothingInFront
from kinoform.media.footage import Footage, load_footage
from kinoform.media.picture.edges import canny
from kinoform.media.picture.steady import Steady, still
from kinoform.serving.files import WrittenFile

SLACK = 0.3
"""How far an edge's gradient must pass the thresholds, where nothing moves, before it comes or goes."""


def read_clip(max_side: int, data: bytes) -> Footage:
    """The clip in a file. Raises MediaError."""
    return load_footage(data, max_frames=MAX_FRAMES, max_side=max_side)


def write_drawn_clip(data: bytes, max_side: int, wish: Drawn, folder: Path) -> list[WrittenFile]:
    """Reads, prepares and writes. Raises MediaError; NothingInFront, if that holds for every frame."""
    footage = read_clip(max_side, data)
    if isinstance(wish, Palette):
        # One for the whole clip: the frames below each other are one tall picture.
        return write_made(prepared(footage.frames.reshape(-1, *footage.frames.shape[2:]), wish), wish, folder)
    if isinstance(wish, Pose):
        return _write_poses(footage, wish, folder)
    frames = [framed(made) for made in drawn(footage.frames, wish)]
    if isinstance(wish, CutOut) and max(frame.coverage for frame in frames) < LEAST_COVERAGE:
        raise NothingInFront("has nothing that stands out as its foreground, in no frame")
    return write_clip(frames, footage.rate, wish, folder)


def drawn(frames: Pixels, wish: Reference | Edges | CutOut) -> Iterator[Made]:
    """What is made of each. frames: (l, h, w, 3) uint8 sRGB."""
    match wish:
        case Reference():
            return (prepared(frame, wish) for frame in frames)
        case Edges():
            return _edges(frames, wish)
        case CutOut():
            return _cut_outs(frames, wish)
    assert_never(wish)


def _write_poses(footage: Footage, wish: Pose, folder: Path) -> list[WrittenFile]:
    """Each frame's by itself: points are few enough to be smoothed by whoever takes them."""
    made = [posed(frame) for frame in footage.frames]
    if not any(each.coverage for each in made):
        raise NothingInFront("shows nobody whose pose could be found, in no frame")
    files = write_clip([framed(each) for each in made], footage.rate, wish, folder)
    return [*files, written_pose([each.pose for each in made], folder)]


def _edges(frames: Pixels, wish: Edges) -> Iterator[Made]:
    """Of the frames without their noise. Where nothing moves, an edge comes and goes only when that is beyond doubt."""
    steady = Steady()
    frame_before, found = frames[0], _canny(frames[0], wish, 1)
    for frame in frames:
        calm = np.asarray(np.rint(steady.next(frame, frame.astype(np.float32))), np.uint8)
        held = np.where(found > 0, _canny(calm, wish, 1 - SLACK), _canny(calm, wish, 1 + SLACK))
        found = np.where(still(frame, frame_before), held, _canny(calm, wish, 1))
        frame_before = frame
        yield lines(found)


def _canny(pixels: Pixels, wish: Edges, factor: float) -> Pixels:
    return canny(pixels, low=wish.low * factor, high=wish.high * factor, aperture=wish.aperture, blur=wish.blur)


def _cut_outs(frames: Pixels, wish: CutOut) -> Iterator[Made]:
    steady = Steady()
    for frame in frames:
        yield cut_out(frame, steady.next(frame, foreground_alpha(frame)), wish.hardness)
