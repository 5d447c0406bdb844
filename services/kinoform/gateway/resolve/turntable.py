"""Turntables: defaults, and what files can hold."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.resolved import Resolved
from kinoform_proto.mesh.v1.mesh_pb2 import TurntableSpec
from kinoform_proto.type.v1.type_pb2 import FrameRate

FRAMES = 24
SIZE = 384
"""Pixels."""
FRAME_RATE = FrameRate(numerator=12, denominator=1)
ELEVATION_DEG = 20.0


def resolve_turntable(spec: TurntableSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open. Raises NotOffered."""
    offer.need("mesh")
    if not spec.HasField("frames"):
        spec.frames = FRAMES
    if not spec.HasField("size"):
        spec.size = SIZE
    if not spec.HasField("frame_rate"):
        spec.frame_rate.CopyFrom(FRAME_RATE)
    if not spec.HasField("elevation_deg"):
        spec.elevation_deg = ELEVATION_DEG
    usual = TurntableSpec.FORMAT_WEBM if spec.transparent else TurntableSpec.FORMAT_MP4
    spec.format = spec.format or usual
    return Resolved(kind="mesh", violations=tuple(_violations(spec)))


def _violations(spec: TurntableSpec) -> Iterator[Violation]:
    if spec.size % 2:
        yield Violation("spec.size", f"must be even, is {spec.size}")
    if spec.transparent and spec.format == TurntableSpec.FORMAT_MP4:
        yield Violation("spec.format", "MP4 holds no transparency; WebM and PNG sequences do")
