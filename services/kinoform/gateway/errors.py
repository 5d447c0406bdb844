"""Errors of the gateway, and the one table that says what callers see of any error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from kinoform.policy.judge import Place, Refused
from kinoform.store import errors as store_errors

DOMAIN = "kinoform"
"""`ErrorInfo.domain` of every error that Kinoform makes."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One bad field of a request."""

    field: str
    """Path from the request: `spec.prompt.text`."""
    description: str


class GatewayError(Exception):
    """Root of the gateway's own errors."""


class BadRequest(GatewayError):
    """The request can't be taken as it is. Names every bad field at once."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations)
        self.violations = tuple(violations)

    def __str__(self) -> str:
        return "; ".join(f"{violation.field}: {violation.description}" for violation in self.violations)


class NotOffered(GatewayError):
    """This server does not do this kind of work. Another one may, or this one started with the model or service."""

    def __init__(self, kind: str, offered: Sequence[str]) -> None:
        super().__init__(kind, offered)
        self.kind = kind
        self.offered = tuple(offered)

    def __str__(self) -> str:
        return f"this server offers no {self.kind}; it offers: {', '.join(self.offered) or 'nothing'}"


class StillNeeded(GatewayError):
    """Jobs that have not ended need it. They may end, or one may force it."""

    def __init__(self, name: str, jobs: Sequence[str]) -> None:
        super().__init__(name, jobs)
        self.name = name
        self.jobs = tuple(jobs)

    def __str__(self) -> str:
        others = f" and {len(self.jobs) - 1} more" if len(self.jobs) > 1 else ""
        return f"{self.name} is needed by {self.jobs[0]}{others}"


class Unauthenticated(GatewayError):
    """The call shows nothing that this server trusts. Says not what was wrong with it: strangers would learn by it."""

    def __str__(self) -> str:
        return "a valid API key or token is needed: metadata `authorization: Bearer KEY` or `x-api-key: KEY`"


class PermissionDenied(GatewayError):
    """The caller is known and may not do this here."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"not allowed: {self.detail}"


class KeysOutOfReach(GatewayError):
    """The keys that tokens are checked with can't be had. They may come back."""

    def __str__(self) -> str:
        return "tokens can't be checked now: their issuer's keys are out of reach"


class AuditUnwritten(GatewayError):
    """What can't be written to the audit log first is not done. Nothing has changed."""

    def __str__(self) -> str:
        return "the audit log can't be written now, and nothing is changed without it"


class ShuttingDown(GatewayError):
    """The gateway takes no more work. Another one does, or this one again in a moment."""

    def __str__(self) -> str:
        return "the gateway is shutting down"


class ChunkCorrupt(GatewayError):
    """A chunk's bytes do not have the CRC-32C that came with them. Send it again from `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset

    def __str__(self) -> str:
        return f"the chunk at {self.offset} was damaged on its way: its CRC-32C differs"


class AssetDamaged(GatewayError):
    """The stored bytes of an asset are gone, or no longer those that were stored."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told of a kind of error."""

    code: grpc.StatusCode
    reason: str
    """`ErrorInfo.reason`: what the SDK chooses its exception by."""


TABLE: Mapping[type[Exception], Answer] = {
    BadRequest: Answer(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST"),
    NotOffered: Answer(grpc.StatusCode.FAILED_PRECONDITION, "NOT_OFFERED"),
    StillNeeded: Answer(grpc.StatusCode.FAILED_PRECONDITION, "STILL_NEEDED"),
    Refused: Answer(grpc.StatusCode.FAILED_PRECONDITION, Place.PROMPT.value),
    Unauthenticated: Answer(grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID"),
    PermissionDenied: Answer(grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
    KeysOutOfReach: Answer(grpc.StatusCode.UNAVAILABLE, "KEYS_OUT_OF_REACH"),
    AuditUnwritten: Answer(grpc.StatusCode.UNAVAILABLE, "AUDIT_UNWRITTEN"),
    ShuttingDown: Answer(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN"),
    ChunkCorrupt: Answer(grpc.StatusCode.ABORTED, "CHECKSUM_MISMATCH"),
    AssetDamaged: Answer(grpc.StatusCode.DATA_LOSS, "ASSET_DAMAGED"),
    store_errors.NotFound: Answer(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
    store_errors.AlreadyExists: Answer(grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS"),
    store_errors.RequestIdReused: Answer(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
    store_errors.WrongState: Answer(grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE"),
    store_errors.NotKept: Answer(grpc.StatusCode.NOT_FOUND, "STEP_NOT_KEPT"),
    store_errors.OffsetMismatch: Answer(grpc.StatusCode.ABORTED, "OFFSET_MISMATCH"),
    store_errors.DigestMismatch: Answer(grpc.StatusCode.ABORTED, "CHECKSUM_MISMATCH"),
    store_errors.QuotaExceeded: Answer(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED"),
    store_errors.StoreFull: Answer(grpc.StatusCode.RESOURCE_EXHAUSTED, "STORE_FULL"),
    store_errors.StoreUnavailable: Answer(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
}
"""Error to status. Whatever is missing here is a bug, and stays INTERNAL."""

RETRY_LATER_S = 2
"""Pause asked for with errors that pass by themselves."""


def to_status(error: Exception) -> status_pb2.Status:
    """The error as callers see it. Anything that `TABLE` does not know becomes INTERNAL, without its text."""
    answer = _answer(error)
    if answer is None:
        return status("INTERNAL", "internal error", [_info("BUG", {})])
    details = [_info(answer.reason, _metadata(error)), *_details(error)]
    if answer.code is grpc.StatusCode.UNAVAILABLE:
        details.append(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=RETRY_LATER_S)))
    return status(answer.code.name, str(error), details)


def status(code: str, message: str, details: Sequence[Message] = ()) -> status_pb2.Status:
    """A google.rpc.Status. code: name of a canonical code, `NOT_FOUND`."""
    made = status_pb2.Status(code=code_pb2.Code.Value(code), message=message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        made.details.append(packed)
    return made


def failure(code: str, reason: str, message: str) -> status_pb2.Status:
    """Why a job FAILED, where the gateway itself decides it."""
    return status(code, message, [_info(reason, {})])


def _answer(error: Exception) -> Answer | None:
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)


def _info(reason: str, metadata: Mapping[str, str]) -> Message:
    info: Message = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    return info


def _metadata(error: Exception) -> dict[str, str]:
    match error:
        case BadRequest():
            return {"field": error.violations[0].field} if error.violations else {}
        case Refused():
            return {"field": error.field, "rule": error.refusal.rule}
        case NotOffered():
            return {"kind": error.kind}
        case store_errors.RequestIdReused():
            return {"request_id": error.request_id, "name": error.name}
        case store_errors.WrongState():
            return {"name": error.name, "state": error.state}
        case store_errors.NotKept():
            return {"name": error.name, "kept_steps": ",".join(map(str, error.kept))}
        case store_errors.OffsetMismatch():
            return {"committed_bytes": str(error.committed)}
        case store_errors.QuotaExceeded():
            return {
                "quota": error.quota,
                "limit": str(error.limit),
                "used": str(error.used),
                "project": error.project,
            }
        case ChunkCorrupt():
            return {"committed_bytes": str(error.offset)}
        case store_errors.NotFound() | store_errors.AlreadyExists() | AssetDamaged() | StillNeeded():
            return {"name": error.name}
        case _:
            return {}


def _details(error: Exception) -> list[Message]:
    match error:
        case BadRequest():
            fields = error_details_pb2.BadRequest()
            for violation in error.violations:
                fields.field_violations.add(field=violation.field, description=violation.description)
            return [fields]
        case store_errors.QuotaExceeded():
            failure = error_details_pb2.QuotaFailure()
            failure.violations.add(subject=f"projects/{error.project}", description=str(error))
            delay = Duration()
            delay.FromNanoseconds(int(error.retry_after_s * 1e9))
            return [failure, error_details_pb2.RetryInfo(retry_delay=delay)]
        case store_errors.RequestIdReused() | store_errors.NotFound() | store_errors.AlreadyExists():
            return [error_details_pb2.ResourceInfo(resource_type=_kind(error.name), resource_name=error.name)]
        case _:
            return []


def _kind(name: str) -> str:
    collection = name.split("/")[-2] if "/" in name else ""
    return f"kinoform/{collection.removesuffix('s')}"
