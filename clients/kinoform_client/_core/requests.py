"""What requests of every kind have in common: who asks, what is said, how it is sampled."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from kinoform_client._core.check import Check
from kinoform_client.clip_conditions import Steps
from kinoform_client.errors import invalid
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.video.v1 import video_pb2

INLINE_LIMIT = 1 << 20
"""Bytes of a file that may travel inside a request; larger ones go through an upload."""
ASSET_NAME = re.compile(r"projects/[a-z0-9-]{1,63}/assets/[a-z0-9-]{1,63}")
CONDITIONING_NAME = re.compile(r"projects/[a-z0-9-]{1,63}/conditionings/[0-9a-f]{64}")

Request = TypeVar(
    "Request",
    video_pb2.GenerateVideoRequest,
    mesh_pb2.GenerateMeshRequest,
    mesh_pb2.ProcessMeshRequest,
    mesh_pb2.TextureMeshRequest,
    mesh_pb2.RenderTurntableRequest,
    material_pb2.GenerateMaterialRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Under which name a request is handed in."""

    project: str
    request_id: str
    priority: int = 0
    deadline: datetime | None = None
    """When it should be done, with its time zone."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the denoiser is run; None leaves the choice to the server."""

    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    reproducible: bool = False
    pause_at: int | None = None
    keep_steps: Sequence[int] = ()


def new_request_id() -> str:
    """A fresh id, under which a request may be sent again and again and is carried out once."""
    return str(uuid.uuid4())


def moment(deadline: datetime | timedelta | None, now: datetime) -> datetime | None:
    """A deadline as a time, in UTC. Raises InvalidArgumentError for one that is none, or has no time zone."""
    if deadline is None:
        return None
    if isinstance(deadline, datetime) and deadline.tzinfo is None:
        raise invalid("deadline", f"must have a time zone, got {deadline.isoformat()}")
    try:
        return (now + deadline if isinstance(deadline, timedelta) else deadline).astimezone(UTC)
    except OverflowError:
        raise invalid("deadline", f"is too far away: {deadline}") from None


def address(request: Request, ticket: Ticket, check: Check) -> Request:
    """The request with all that stands outside its spec."""
    request.parent = f"projects/{ticket.project}"
    request.request_id = ticket.request_id
    request.priority = check.whole("priority", ticket.priority)
    request.labels.update(ticket.labels)
    if ticket.deadline is not None:
        request.deadline.FromDatetime(ticket.deadline)
    return request


def prompt_proto(text: str, negative: str, check: Check) -> type_pb2.Prompt:
    """The words."""
    return type_pb2.Prompt(
        text=check.text("spec.prompt.text", text), negative=check.text("spec.prompt.negative", negative)
    )


def maybe_prompt(text: str | None, negative: str, check: Check) -> type_pb2.Prompt | None:
    """The words; None if there are none at all."""
    return None if text is None and not negative else prompt_proto(text or "", negative, check)


def reach_proto(strength: float | None, steps: Steps | None) -> type_pb2.Reach | None:
    """How strongly, and when, a condition acts; None leaves all of it to the server."""
    if strength is None and steps is None:
        return None
    first, last = (None, None) if steps is None else steps
    return type_pb2.Reach(strength=strength, first=first, last=last)


def sampling_proto(sampling: Sampling, check: Check) -> type_pb2.Sampling:
    """How the denoiser is run."""
    seed = sampling.seed
    return type_pb2.Sampling(
        seed=None if seed is None else check.whole("spec.sampling.seed", seed, 0, (1 << 63) - 1),
        steps=check.maybe("spec.sampling.steps", sampling.steps),
        guidance=sampling.guidance,
        reproducible=sampling.reproducible,
        pause_at=check.maybe("spec.sampling.pause_at", sampling.pause_at),
        keep_steps=[
            check.whole(f"spec.sampling.keep_steps[{number}]", step) for number, step in enumerate(sampling.keep_steps)
        ],
    )
