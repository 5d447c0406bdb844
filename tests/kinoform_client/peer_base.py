"""What every service of the tests' peer does before and after its work, and what goes wrong in it."""

from dataclasses import dataclass, field

import grpc
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status


@dataclass
class Faults:
    """What goes wrong next. Each is used up by being met."""

    refusals: dict[str, list[status_pb2.Status]] = field(default_factory=dict)
    """Statuses that a method answers before it does anything, first first."""
    lost_answers: dict[str, int] = field(default_factory=dict)
    """How often a method does its work and then loses the answer."""
    watch_lengths: list[int] = field(default_factory=list)
    """After how many events the next watches break off."""
    clean_breaks: bool = False
    """Broken watches end with OK, as a draining server's do."""
    repeats: int = 0
    """How many events already seen a resumed watch sends again."""
    skip: int = 0
    """A sequence that watches leave out."""
    download_lengths: list[int] = field(default_factory=list)
    upload_lengths: list[int] = field(default_factory=list)
    """After how many chunks the next transfers break off."""
    unfinished_uploads: int = 0
    """How often the peer dies between an upload's last chunk and its asset."""
    corrupt_chunks: int = 0
    """How many of the next chunks sent arrive damaged."""


class PeerBase:
    """Keeps what was called, and breaks off where a test tells it to."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.calls: list[str] = []
        self.metadata: list[dict[str, str]] = []

    def meet(self, method: str, context: grpc.ServicerContext) -> None:
        self.calls.append(method)
        self.metadata.append({key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        if refusals := self.faults.refusals.get(method):
            abort(context, refusals.pop(0))

    def lose(self, method: str, context: grpc.ServicerContext) -> None:
        if self.faults.lost_answers.get(method, 0):
            self.faults.lost_answers[method] -= 1
            abort(context, unavailable())


def rich_status(code: int, message: str, *details: Message) -> status_pb2.Status:
    """A google.rpc.Status with details."""
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def unavailable() -> status_pb2.Status:
    return rich_status(code_pb2.UNAVAILABLE, "going away")


def not_found(name: str) -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="kinoform")
    return rich_status(code_pb2.NOT_FOUND, f"no {name}", info, error_details_pb2.ResourceInfo(resource_name=name))


def chunk_damaged() -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason="CHECKSUM_MISMATCH", domain="kinoform")
    return rich_status(code_pb2.ABORTED, "the chunk is damaged", info)


def abort(context: grpc.ServicerContext, status: status_pb2.Status) -> Exception:
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort does not return")
