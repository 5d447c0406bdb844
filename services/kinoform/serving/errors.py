"""Errors of the generation services, and the one table that gives every error its status."""

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from kinoform.engine.errors import BadCheckpoint, ModelError, TooLarge
from kinoform.media.errors import MediaError
from kinoform.media.mesh.errors import WorkerDied
from kinoform.media.provenance.errors import NotSigned
from kinoform.media.surface.errors import NoSurface
from kinoform.policy.judge import Refused
from kinoform.store.errors import DigestMismatch, NotFound

DOMAIN = "kinoform"
_log = logging.getLogger(__name__)


class BadStart(ValueError):
    """A stream that begins with something else than a resolved request; the caller's bug."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class BadInput(ValueError):
    """A picture, mesh or material given as input that can't be read; send another."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class NotInstalled(RuntimeError):
    """What the work needs is not on this machine. Whoever runs the service can install it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} is not installed where this service runs; there: {self.remedy}"


class OriginLost(RuntimeError):
    """The state that a forked job begins with can't be read, so that the job can't be made at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the state that it was forked from can't be read: {self.reason}"


class WrongToken(Exception):
    """The caller does not know the secret that gateway and services share."""

    def __init__(self) -> None:
        super().__init__("wrong engine token")


STATUS: dict[type[BaseException], tuple[int, str]] = {
    BadStart: (code_pb2.INVALID_ARGUMENT, "BAD_START"),
    ModelError: (code_pb2.INVALID_ARGUMENT, "MODEL_REFUSED"),
    TooLarge: (code_pb2.FAILED_PRECONDITION, "TOO_LARGE"),
    BadInput: (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA"),
    NoSurface: (code_pb2.FAILED_PRECONDITION, "NO_SURFACE"),
    NotInstalled: (code_pb2.FAILED_PRECONDITION, "NOT_INSTALLED"),
    OriginLost: (code_pb2.DATA_LOSS, "ORIGIN_LOST"),
    BadCheckpoint: (code_pb2.FAILED_PRECONDITION, "ORIGIN_REFUSED"),
    WorkerDied: (code_pb2.UNAVAILABLE, "WORKER_DIED"),
    MediaError: (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA"),
    NotSigned: (code_pb2.UNAVAILABLE, "NOT_SIGNED"),
    WrongToken: (code_pb2.PERMISSION_DENIED, "WRONG_TOKEN"),
    NotFound: (code_pb2.FAILED_PRECONDITION, "INPUT_MISSING"),
    DigestMismatch: (code_pb2.DATA_LOSS, "INPUT_CORRUPT"),
}
"""Error to (google.rpc.Code, reason); the first that fits. What is missing here is a bug and stays INTERNAL."""


@contextmanager
def blamed(field: str) -> Iterator[None]:
    """Errors of media within come from what was given as that field of the request. Raises BadInput in their place."""
    try:
        yield
    except WorkerDied:
        raise
    except MediaError as error:
        raise BadInput(field, error.reason) from error


def status_of(error: BaseException) -> Status:
    """The error as callers see it: never a traceback, always a reason, the field where there is one."""
    if isinstance(error, Refused):
        rule = {"rule": error.refusal.rule}
        return _status(code_pb2.FAILED_PRECONDITION, error.place.value, str(error), error.field or None, rule)
    for kind, (code, reason) in STATUS.items():
        if isinstance(error, kind):
            return _status(code, reason, str(error), _field(error))
    reference = uuid.uuid4().hex[:12]
    _log.error("internal error %s", reference, exc_info=error)
    return _status(code_pb2.INTERNAL, "INTERNAL", f"internal error {reference}; the service's log has it", None)


def _field(error: BaseException) -> str | None:
    return error.field if isinstance(error, BadStart | BadInput | ModelError) else None


def _status(
    code: int, reason: str, message: str, field: str | None, metadata: Mapping[str, str] | None = None
) -> Status:
    info = ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    if field is not None:
        info.metadata["field"] = field
    details = [_packed(info)]
    if field is not None:
        violation = BadRequest.FieldViolation(field=field, description=message)
        details.append(_packed(BadRequest(field_violations=[violation])))
    return Status(code=code, message=message, details=details)


def _packed(message: ErrorInfo | BadRequest) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
