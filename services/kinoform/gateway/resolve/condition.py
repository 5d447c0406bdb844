"""Conditionings: defaults of every kind, and what no rule in the proto says."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.resolved import Resolved
from kinoform.models.services import CONDITIONING, ConditionKind
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb

MAX_SIDE = 1024
LOW, HIGH = 100.0, 200.0
APERTURE = 3
COLOURS = 6


def resolve_condition(spec: pb.ConditioningSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open. Raises NotOffered."""
    offer.need(CONDITIONING)
    if not spec.HasField("max_side"):
        spec.max_side = MAX_SIDE
    match kind_of(spec):
        case "reference":
            if not spec.reference.HasField("fit"):
                spec.reference.fit = pb.FIT_COVER
        case "edges":
            _fill_edges(spec.edges)
        case "cut_out":
            spec.cut_out.hardness = spec.cut_out.hardness  # set, even where it is 0
        case "palette":
            if not spec.palette.HasField("colours"):
                spec.palette.colours = COLOURS
        case "soft_edges" | "depth" | "normals" | "pose" | "embedding" | None:
            pass
    return Resolved(kind=CONDITIONING, violations=tuple(_violations(spec)))


def kind_of(spec: pb.ConditioningSpec) -> ConditionKind | None:
    """What the spec wants to be taken; None where it does not say."""
    return spec.WhichOneof("kind")


def _fill_edges(edges: pb.Edges) -> None:
    if not edges.HasField("low"):
        edges.low = LOW if not edges.HasField("high") else min(LOW, edges.high)
    if not edges.HasField("high"):
        edges.high = max(HIGH, edges.low)
    if not edges.HasField("aperture"):
        edges.aperture = APERTURE
    edges.blur = edges.blur  # set, even where it is 0


def _violations(spec: pb.ConditioningSpec) -> Iterator[Violation]:
    if spec.edges.high < spec.edges.low:
        yield Violation("spec.edges.high", f"must not be below low, {spec.edges.low:g}; is {spec.edges.high:g}")
    if spec.HasField("embedding") and spec.HasField("footage"):
        yield Violation("spec.footage", "an embedding is taken from a picture; is a clip")
    size = spec.reference.size
    if max(size.width, size.height) > spec.max_side:
        yield Violation(
            "spec.reference.size", f"must be within max_side, {spec.max_side}; is {size.width}x{size.height}"
        )
