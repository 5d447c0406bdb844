"""Rows of the job store as values. Every time is an int: microseconds since 1970, UTC."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

PayloadFactory = Callable[[int], bytes]
"""Makes an event's payload, given the sequence number that the event got."""


class JobState(StrEnum):
    """Where a job stands. The last three are terminal."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def terminal(self) -> bool:
        """Whether the job has ended. Only a retry leads out of a terminal state."""
        return self in TERMINAL


TERMINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What makes a mutation idempotent: within a project, the same id stands for the same request."""

    id: str
    """UUID given by the caller, or made for him."""
    fingerprint: str
    """Digest of the request as the caller sent it; equal requests have equal fingerprints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What was asked for. Never changes, but for the warnings."""

    name: str
    """projects/{project}/jobs/{job}"""
    project: str
    """Id of the project alone, without the `projects/` before it."""
    kind: str
    """Generation service that runs the job: video, mesh, …"""
    model: str
    """Resolved model, with its version."""
    request: bytes
    """Serialized google.protobuf.Any with the resolved request."""
    request_type: str
    """Full name of the request's message."""
    request_key: RequestKey
    created_at: int
    priority: int = 0
    """Higher runs first."""
    deadline: int | None = None
    """When it should be done, in microseconds since 1970; past it the job goes on, no longer favoured."""
    labels: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    parent: str | None = None
    """Job that this one was forked from."""
    origin_step: int | None = None
    """Steps that the parent had behind it there; its state is kept as this job's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """A file that a job made."""

    role: str
    """master, poster, preview, …"""
    asset: str
    """projects/{project}/assets/{asset}"""
    media_type: str
    sha256: str
    size: int
    """Bytes."""
    payload: bytes = b""
    """Serialized message with what only this kind of output has, such as its frame rate. May be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """How far a job has come."""

    state: JobState
    updated_at: int
    stage: str = ""
    """What the running attempt does now: encode, denoise, decode, …; empty before it starts."""
    step: int = 0
    """Denoise steps done."""
    steps: int = 0
    """Denoise steps in all; 0 while unknown."""
    outputs: tuple[OutputRecord, ...] = ()
    error: bytes | None = None
    """Serialized google.rpc.Status of a failed job."""
    attempt: int = 0
    """How often the job was leased: the fencing number."""
    last_sequence: int = 0
    """Sequence number of the newest event."""
    cancel_requested: bool = False
    """Whoever runs the job shall stop it and write the state CANCELLED."""
    pause_requested: bool = False
    """Whoever runs the job shall stop it and write the state PAUSED."""
    pause_at: int | None = None
    """Steps done after which it shall be paused."""
    previewed: int = 0
    """Steps done at the latest preview."""
    started_at: int | None = None
    """First lease."""
    ended_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job: what was asked, and how far it has come."""

    submission: Submission
    status: JobStatus

    @property
    def name(self) -> str:
        """projects/{project}/jobs/{job}"""
        return self.submission.name

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self.status.state


@dataclass(frozen=True, slots=True, kw_only=True)
class JobUpdate:
    """Changes written with an event. None leaves a field as it is.

    A state that is not RUNNING gives the lease up; a terminal one also sets ended_at.
    """

    state: JobState | None = None
    stage: str | None = None
    step: int | None = None
    steps: int | None = None
    previewed: int | None = None
    outputs: tuple[OutputRecord, ...] | None = None
    """Replaces all outputs."""
    warnings: tuple[str, ...] | None = None
    """Replaces all warnings."""
    error: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to list. An empty field lets all pass; fields are joined by AND."""

    states: frozenset[JobState] = frozenset()
    kinds: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict)
    """Every one must be there, with this value."""
    created_after: int | None = None
    created_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Place in a listing, newest first: the last record of the page before."""

    created_at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One entry of a job's log. Sequence numbers are 1, 2, 3, … without gaps."""

    job: str
    sequence: int
    at: int
    attempt: int
    payload: bytes
    """Serialized kinoform.job.v1.JobEvent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRecord:
    """The newest resumable state of a job. Its bytes are a blob of the asset store."""

    job: str
    attempt: int
    sha256: str
    step: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """A state that is kept as long as its job, so that others can be forked from it."""

    job: str
    step: int
    """Steps done."""
    sha256: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run a job and to write its events, until someone else gets a higher attempt."""

    job: str
    owner: str
    attempt: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job just leased, with what is needed to run it."""

    lease: Lease
    record: JobRecord
    checkpoint: CheckpointRecord | None
    origin: KeptState | None = None
    """Where a forked job begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRecord:
    """What is known of an asset besides its bytes."""

    name: str
    """projects/{project}/assets/{asset}"""
    project: str
    sha256: str
    size: int
    """Bytes."""
    media_type: str
    created_at: int
    display_name: str = ""
    job: str | None = None
    """Job that made it."""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """An upload that has begun. How many bytes are there, only the asset store knows."""

    id: str
    project: str
    media_type: str
    created_at: int
    size: int | None = None
    """Declared size in bytes, if the caller gave one."""
    sha256: str | None = None
    """Declared digest, if the caller gave one."""
    display_name: str = ""
    request_key: RequestKey | None = None
    labels: dict[str, str] = field(default_factory=dict)
