"""How strongly, and when, a condition acts: defaults, and what would never act."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform_proto.type.v1.type_pb2 import Reach


def fill_reach(reach: Reach) -> None:
    """Fill in what is left open: as trained, in all steps."""
    if not reach.HasField("strength"):
        reach.strength = 1.0
    if not reach.HasField("first"):
        reach.first = 0.0
    if not reach.HasField("last"):
        reach.last = 1.0


def never_acts(path: str, reach: Reach, steps: int) -> Iterator[Violation]:
    """A filled reach that holds no step: who gives a condition does not expect that it is passed over."""
    if not any(reach.first <= (step + 0.5) / steps <= reach.last for step in range(steps)):
        yield Violation(path, f"holds the middle of none of {steps} steps")
