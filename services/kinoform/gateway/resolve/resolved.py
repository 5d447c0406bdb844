"""What comes of resolving a request's spec."""

from collections.abc import Iterator
from dataclasses import dataclass

from kinoform.gateway.errors import Violation
from kinoform.models.card import AnyCard
from kinoform.models.services import ServiceName
from kinoform_proto.type.v1.type_pb2 import Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A spec with nothing left open, seen from outside."""

    kind: ServiceName
    """The service that carries it out."""
    card: AnyCard | None = None
    """The model that it needs; None for work without one."""
    prompt: str = ""
    """What the model is told in words."""
    violations: tuple[Violation, ...] = ()
    """What can't be done of it."""


def too_many_steps(sampling: Sampling, most: int) -> Iterator[Violation]:
    """Steps beyond the model's."""
    if sampling.steps > most:
        yield Violation("spec.sampling.steps", f"must be at most {most}, is {sampling.steps}")
