"""From a request for a conditioning to the task."""

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.conditioning.tasks import (
    ConditioningTask,
    CutOut,
    Depth,
    Edges,
    Embedding,
    Normals,
    Palette,
    Pose,
    Reference,
    SoftEdges,
    Wish,
)
from kinoform.media.picture.sized import Fit
from kinoform.serving.errors import BadStart
from kinoform.serving.requests import Inputs, check_resolved, stored, unpacked
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb

IMAGE, FOOTAGE = "spec.image", "spec.footage"
"""Field paths of the picture or the clip among a request's inputs."""

FITS = {pb.FIT_COVER: Fit.COVER, pb.FIT_CONTAIN: Fit.CONTAIN, pb.FIT_STRETCH: Fit.STRETCH}


def task_from_proto(request: AnyMessage, inputs: Inputs) -> ConditioningTask:
    """Reads a resolved CreateConditioningRequest. Raises BadStart."""
    spec = unpacked(request, pb.CreateConditioningRequest()).spec
    check_resolved({"max_side": spec.HasField("max_side")})
    moves = spec.WhichOneof("source") == "footage"
    source = stored(inputs, FOOTAGE if moves else IMAGE)
    return ConditioningTask(source=source, moves=moves, max_side=spec.max_side, wish=_wish(spec))


def _wish(spec: pb.ConditioningSpec) -> Wish:
    match spec.WhichOneof("kind"):
        case "reference":
            return _reference(spec.reference)
        case "edges":
            edges = spec.edges
            check_resolved({f"edges.{name}": edges.HasField(name) for name in ("low", "high", "aperture", "blur")})
            return Edges(low=edges.low, high=edges.high, aperture=edges.aperture, blur=edges.blur)
        case "soft_edges":
            return SoftEdges()
        case "cut_out":
            check_resolved({"cut_out.hardness": spec.cut_out.HasField("hardness")})
            return CutOut(hardness=spec.cut_out.hardness)
        case "palette":
            check_resolved({"palette.colours": spec.palette.HasField("colours")})
            return Palette(colours=spec.palette.colours)
        case "depth":
            return Depth()
        case "normals":
            return Normals()
        case "pose":
            return Pose()
        case "embedding":
            return Embedding()
        case None:
            raise BadStart("start.request", "is not resolved: its kind is missing")


def _reference(wish: pb.Reference) -> Reference:
    check_resolved({"reference.fit": wish.fit in FITS})
    size = (wish.size.width, wish.size.height) if wish.HasField("size") else None
    return Reference(size=size, fit=FITS[wish.fit])
