"""Everything the SDK raises: one tree, split by what the caller can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kinoform_client.types import Job


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that is wrong."""

    field: str
    """Path within the request: `spec.frames`."""
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """What the server said beyond the message."""

    code: str = "UNKNOWN"
    """Name of the gRPC status code: `INVALID_ARGUMENT`."""
    reason: str = ""
    """Stable, machine-readable cause: `REQUEST_ID_REUSED`. Empty if none was given."""
    domain: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after: timedelta | None = None
    """How long to wait before another try."""
    resource: str = ""
    """Name of the resource concerned: `projects/p/jobs/j`."""


class KinoformError(Exception):
    """Base of everything the SDK raises on purpose."""

    def __init__(self, message: str, details: ErrorDetails | None = None) -> None:
        self.message = message
        self.details = details or ErrorDetails()
        super().__init__(message, self.details)

    def __str__(self) -> str:
        return self.message

    @property
    def code(self) -> str:
        """Name of the gRPC status code."""
        return self.details.code

    @property
    def reason(self) -> str:
        """Stable, machine-readable cause; empty if the server gave none."""
        return self.details.reason


class InvalidArgumentError(KinoformError):
    """The request is wrong. Repair it: `violations` names every bad field."""

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every bad field, in the request's order."""
        return self.details.violations

    def __str__(self) -> str:
        return "; ".join(f"{bad.field}: {bad.description}" for bad in self.violations) or self.message


class NotFoundError(KinoformError):
    """There is no such job, asset, conditioning or model."""


class AlreadyExistsError(KinoformError):
    """The `request_id` was used before, with another request. Use a new one."""


class PermissionDeniedError(KinoformError):
    """The key is known but may not do this."""


class AuthenticationError(KinoformError):
    """The API key is missing or unknown. Set KINOFORM_API_KEY."""


class FailedPreconditionError(KinoformError):
    """The resource is not in a state that allows this: a running job can't be deleted."""


class ContentPolicyError(FailedPreconditionError):
    """A policy refuses the prompt, a picture that was given, or what came of them. Trying again is no use.

    `.details.metadata["rule"]` names the rule.
    """


class ResourceExhaustedError(KinoformError):
    """A quota or a limit is used up. Try again after `retry_after`, if the server named a time."""

    @property
    def retry_after(self) -> timedelta | None:
        """How long to wait; None when waiting does not help."""
        return self.details.retry_after


class UnavailableError(KinoformError):
    """The server can't be reached, after all retries. Try again later."""


class DeadlineError(KinoformError, TimeoutError):
    """The time given for the call is over. What it asked for may still happen."""


class DataLossError(KinoformError):
    """Data was lost or damaged on the server or on the way."""


class ChecksumError(DataLossError):
    """Bytes that arrived or are stored are not the bytes that were sent."""


class InternalError(KinoformError):
    """A bug, in the server or here."""


class MissingDependencyError(KinoformError, ImportError):
    """An optional package is needed for this; the message says what to install."""


class JobFailedError(KinoformError):
    """The job ended as FAILED."""

    def __init__(self, job: "Job", message: str, details: ErrorDetails) -> None:
        super().__init__(message, details)
        self.args = (job, message, details)  # as given, so that the error can be pickled
        self.job = job


class JobCancelledError(KinoformError):
    """The job ended as CANCELLED."""

    def __init__(self, job: "Job") -> None:
        super().__init__(f"{job.name} was cancelled", ErrorDetails(code="CANCELLED"))
        self.args = (job,)
        self.job = job


class JobPausedError(KinoformError):
    """The job is PAUSED and has no result yet: continue or fork it."""

    def __init__(self, job: "Job") -> None:
        super().__init__(
            f"{job.name} is paused after step {job.progress.step}", ErrorDetails(code="FAILED_PRECONDITION")
        )
        self.args = (job,)
        self.job = job


def invalid(path: str, description: str) -> InvalidArgumentError:
    """The error of one bad field that is found before anything is sent."""
    violation = Violation(path, description)
    details = ErrorDetails(code="INVALID_ARGUMENT", reason="INVALID_REQUEST", violations=(violation,))
    return InvalidArgumentError(f"{path}: {description}", details)
