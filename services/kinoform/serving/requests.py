"""Reading the resolved requests that jobs begin with. Whatever is missing is the gateway's bug, and named."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from kinoform.serving.errors import BadStart
from kinoform_proto.type.v1.type_pb2 import Sampling

Task = TypeVar("Task", covariant=True)
Request = TypeVar("Request", bound=Message)

Inputs = Mapping[str, str]
"""SHA-256 of each media input, by the request's field path."""


class ReadTask(Protocol[Task]):
    """Reads a service's task out of a request and its inputs. Raises BadStart."""

    def __call__(self, request: AnyMessage, inputs: Inputs, /) -> Task: ...


def unpacked(packed: AnyMessage, request: Request) -> Request:
    """The message in `packed`, written into `request`. Raises BadStart if it is of another type."""
    if not packed.Unpack(request):
        raise BadStart("start.request", f"must hold {request.DESCRIPTOR.full_name}, got {packed.type_url!r}")
    return request


def check_resolved(found: Mapping[str, bool]) -> None:
    """found: for every field that must be there, whether it is. Raises BadStart, naming those that are not."""
    missing = [name for name, there in found.items() if not there]
    if missing:
        raise BadStart("start.request", f"is not resolved: {', '.join(missing)} missing")


def is_sampled(sampling: Sampling) -> dict[str, bool]:
    """For `check_resolved`: what must be there of how the denoiser is run."""
    return {f"sampling.{name}": sampling.HasField(name) for name in ("seed", "steps", "guidance")}


def stored(inputs: Inputs, field: str) -> str:
    """The digest of an input. Raises BadStart without it."""
    if field not in inputs:
        raise BadStart("start.inputs", f"lacks the blob of {field}")
    return inputs[field]
