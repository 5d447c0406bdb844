"""google.rpc.Status to errors: the reason decides first, the code second."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from kinoform_client import errors
from kinoform_client.errors import ErrorDetails, KinoformError, Violation

REASONS: dict[str, type[KinoformError]] = {
    "CHECKSUM_MISMATCH": errors.ChecksumError,
    "ASSET_DAMAGED": errors.ChecksumError,
    "POLICY_PROMPT": errors.ContentPolicyError,
    "POLICY_IMAGE": errors.ContentPolicyError,
    "POLICY_OUTPUT": errors.ContentPolicyError,
    "REQUEST_ID_REUSED": errors.AlreadyExistsError,
}

CODES: dict[StatusCode, type[KinoformError]] = {
    StatusCode.INVALID_ARGUMENT: errors.InvalidArgumentError,
    StatusCode.OUT_OF_RANGE: errors.InvalidArgumentError,
    StatusCode.NOT_FOUND: errors.NotFoundError,
    StatusCode.ALREADY_EXISTS: errors.AlreadyExistsError,
    StatusCode.PERMISSION_DENIED: errors.PermissionDeniedError,
    StatusCode.UNAUTHENTICATED: errors.AuthenticationError,
    StatusCode.FAILED_PRECONDITION: errors.FailedPreconditionError,
    StatusCode.ABORTED: errors.FailedPreconditionError,
    StatusCode.RESOURCE_EXHAUSTED: errors.ResourceExhaustedError,
    StatusCode.UNAVAILABLE: errors.UnavailableError,
    # Nobody here cancels a call and then listens: the server did it, on its way down.
    StatusCode.CANCELLED: errors.UnavailableError,
    StatusCode.DEADLINE_EXCEEDED: errors.DeadlineError,
    StatusCode.DATA_LOSS: errors.DataLossError,
}

_BY_NUMBER: dict[int, StatusCode] = {code.value[0]: code for code in StatusCode}
_DETAILS_KEY = "grpc-status-details-bin"


def error_from_call(
    code: StatusCode, message: str | None, trailers: Iterable[tuple[str, str | bytes]] | None
) -> KinoformError:
    """The error of a call that ended with this status and these trailing metadata."""
    rich = status_pb2.Status(code=code.value[0], message=message or "")
    for key, value in trailers or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                rich = status_pb2.Status.FromString(value)
            except DecodeError:
                break
    return error_from_status(rich)


def error_from_status(status: status_pb2.Status) -> KinoformError:
    """The error that a google.rpc.Status stands for, such as `Job.error`."""
    code = _BY_NUMBER.get(status.code, StatusCode.UNKNOWN)
    details = _details(code, status)
    kind = REASONS.get(details.reason) or CODES.get(code) or errors.InternalError
    return kind(status.message or code.name, details)


def _details(code: StatusCode, status: status_pb2.Status) -> ErrorDetails:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    resource = error_details_pb2.ResourceInfo()
    delayed = False
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        detail.Unpack(resource)
        delayed = detail.Unpack(retry) or delayed
    return ErrorDetails(
        code=code.name,
        reason=info.reason,
        domain=info.domain,
        metadata=dict(info.metadata),
        violations=tuple(Violation(each.field, each.description) for each in bad.field_violations),
        retry_after=retry.retry_delay.ToTimedelta() if delayed else None,
        resource=resource.resource_name,
    )
