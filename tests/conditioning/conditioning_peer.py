"""Requests of ConditioningService, and a conditioning service."""

import io
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kinoform.conditioning.build import trade
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from tests.serving.peer import Served, served

Pixels = NDArray[np.uint8]


def conditioning_service(assets: Path) -> AbstractAsyncContextManager[Served]:
    """The service as it is."""
    return served("conditioning", trade(), assets)


def resolved(spec: pb.ConditioningSpec) -> pb.CreateConditioningRequest:
    """A request as the gateway settles it."""
    if not spec.HasField("max_side"):
        spec.max_side = 1024
    return pb.CreateConditioningRequest(parent="projects/p", spec=spec)


EDGES = pb.Edges(low=100, high=200, aperture=3, blur=0)
CUT_OUT = pb.CutOut(hardness=0)
REFERENCE = pb.Reference(fit=pb.FIT_COVER)


def disc(size: int = 256) -> Pixels:
    """(size, size, 3): an orange ball with a highlight, before a soft blue ground."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    ground = np.stack([90 + 40 * y, 120 + 30 * x, 160 + 30 * y], axis=-1)
    shade = (0.55 + 0.45 * np.clip(1 - 3.2 * np.hypot(x + 0.1, y + 0.12), 0, 1))[..., None]
    ball = np.array([240, 130, 30]) * shade
    return np.where((np.hypot(x, y) < BALL)[..., None], ball, ground).astype(np.uint8)


BALL = 0.3
"""Radius of the ball, in sides of the picture."""


def png(pixels: Pixels) -> bytes:
    """A file of it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def opened(data: bytes) -> Pixels:
    """The pixels in a file."""
    return np.asarray(Image.open(io.BytesIO(data)))
