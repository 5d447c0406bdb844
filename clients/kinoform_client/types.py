"""What the SDK hands out: frozen records of jobs, events, assets and models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from kinoform_client.errors import KinoformError


class JobState(StrEnum):
    """The states a job goes through."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Nothing more will happen, unless somebody retries the job."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class Stage(StrEnum):
    """The stages of a generation."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"
    WRITE = "write"


class VideoFormat(StrEnum):
    """Containers and codecs."""

    MP4 = "mp4"
    """H.264, yuv420p, BT.709."""
    WEBM = "webm"
    """VP9, BT.709."""
    GIF = "gif"
    PNG_SEQUENCE = "png"
    """Lossless PNG frames in a stored ZIP file."""


class Upscale(StrEnum):
    """Ways to enlarge to the viewing size."""

    NEAREST = "nearest"
    LANCZOS = "lanczos"


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """How far a job has come."""

    stage: Stage
    step: int
    """Denoising steps done, 0 to `steps`."""
    steps: int
    queue_position: int
    """Jobs ahead of it; 0 once it runs."""
    eta: timedelta | None
    """Estimated time until the end; None while there is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file that a job made."""

    role: str
    """`video`, `poster`."""
    asset: str
    """`projects/{p}/assets/{a}`."""
    media_type: str
    size_bytes: int
    sha256: str
    """Lower-case hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When a job entered its phases, UTC; None for what has not happened."""

    created: datetime | None
    started: datetime | None
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work that was accepted, as it stood when it was read."""

    name: str
    """`projects/{p}/jobs/{j}`."""
    state: JobState
    model: str
    request: Mapping[str, Any]
    """The resolved request as JSON values (protobuf's JSON form): sent again it reproduces the output."""
    priority: int
    labels: Mapping[str, str]
    times: JobTimes
    attempt: int
    """How often it was handed to a generation service."""
    progress: JobProgress
    warnings: tuple[str, ...]
    outputs: tuple[Output, ...]
    error: KinoformError | None
    """Why it FAILED."""
    last_sequence: int
    """Sequence of its latest event: where a watch would go on."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a job."""

    sequence: int
    """1, 2, 3 … without gaps within the job."""
    time: datetime | None
    """When it was stored, UTC."""
    attempt: int


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The job entered a state."""

    state: JobState
    error: KinoformError | None
    """Why it FAILED."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Progress(JobProgress, Event):
    """Another stage, another step, or another place in the queue."""


@dataclass(frozen=True, kw_only=True)
class Preview(Event):
    """A look at the unfinished result."""

    step: int
    image: bytes = field(repr=False)
    """PNG, `frames` pictures side by side."""
    frames: int


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """The denoise state was stored; a killed job goes on from here."""

    step: int


@dataclass(frozen=True, kw_only=True)
class OutputReady(Event):
    """A result was stored."""

    output: Output


@dataclass(frozen=True, kw_only=True)
class WarningRaised(Event):
    """Something the caller should know though the job goes on."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A stored file."""

    name: str
    """`projects/{p}/assets/{a}`."""
    display_name: str
    media_type: str
    size_bytes: int
    sha256: str
    created: datetime | None
    job: str
    """The job that made it; empty for an upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Ranges and defaults of a video model's requests. Frames are counts, sizes (width, height) in pixels."""

    min_frames: int
    max_frames: int
    frames_step: int
    default_frames: int
    min_size: tuple[int, int]
    max_size: tuple[int, int]
    size_step: int
    default_size: tuple[int, int]
    default_frame_rate: Fraction
    max_steps: int
    default_steps: int
    default_guidance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model and what it can do."""

    name: str
    """As requests name it: `kino-mini`."""
    display_name: str
    family: str
    version: str
    description: str
    license: str
    limits: tuple[str, ...]
    """What it can't do, a sentence each."""
    clip: ClipLimits
    batch_exact: bool
    image_input: bool
    card: Mapping[str, Any]
    """The whole card as JSON values: `vocabulary`, `held_out`, training data, measured figures."""
    is_default: bool
