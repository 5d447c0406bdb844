"""How strongly, and in which steps, a condition acts, as requests say it."""

from kinoform.backbone.guidance import StepRange
from kinoform.models.reach import FULL, Reach
from kinoform_proto.type.v1 import type_pb2


def reach_from_proto(reach: type_pb2.Reach) -> Reach:
    """What is left open is as trained: so it was in requests that were accepted before there were strengths."""
    strength, (first, last) = FULL
    return Reach(
        reach.strength if reach.HasField("strength") else strength,
        StepRange(reach.first if reach.HasField("first") else first, reach.last if reach.HasField("last") else last),
    )
