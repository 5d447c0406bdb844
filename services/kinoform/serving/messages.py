"""What is said about one job: commands in, events out. `convert.py` gives them their form on the wire."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from kinoform.serving.reports import Report
from kinoform.store.assets import Blob

Task = TypeVar("Task", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Generic[Task]):
    """Begin a job, or go on from a checkpoint."""

    job: str
    """`projects/{p}/jobs/{j}`."""
    attempt: int
    """The lease's fencing number; the stream with the higher one wins."""
    task: Task
    """What the service is to make; each service has its own."""
    checkpoint: str | None
    """SHA-256 of the state to go on from."""
    origin: str | None = None
    """SHA-256 of the state that a forked job begins with."""
    pause_at: int | None = None
    """Steps done after which the job is let go as PAUSED."""
    keep_steps: frozenset[int] = frozenset()
    """Steps whose state is stored, whatever it costs."""
    priority: int
    deadline: float | None
    """When it should be done, in seconds since 1970."""
    keep_alive_timeout_s: float


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The caller still holds the lease."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Save a checkpoint after the running step and let go."""

    preview: bool = False
    """Store a preview of it, too."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """End after the running step; nothing is kept."""


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Change the job's priority."""

    priority: int


Command = KeepAlive | Pause | Cancel | SetPriority


class Stage(Enum):
    """The stages of a job; each kind of job has some of them, in this order."""

    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"
    SURFACE = "surface"
    RENDER = "render"
    WRITE = "write"


class Reason(Enum):
    """Why a job is let go before its end."""

    PAUSED = "paused"
    CANCELLED = "cancelled"
    LOST_KEEP_ALIVE = "lost keepalive"
    SHUTDOWN = "shutdown"
    SUPERSEDED = "superseded"
    OVERLOADED = "overloaded"
    STORE_FULL = "store full"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job was taken; so many are ahead of it."""

    queue_position: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """A stage began or a step was done."""

    stage: Stage
    step: int
    steps: int
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class PreviewStored:
    """A look at the unfinished result: a PNG of so many frames side by side."""

    step: int
    image: Blob
    frames: int


@dataclass(frozen=True, slots=True)
class CheckpointStored:
    """The denoise state was stored."""

    step: int
    state: Blob
    kept: bool = False
    """Whether it is one of `Start.keep_steps`."""


@dataclass(frozen=True, slots=True)
class OutputStored:
    """A file was stored."""

    role: str
    """`video`, `poster`, `glb`, …"""
    blob: Blob
    display_name: str
    report: Report | None = None
    """What was found when it was read back; None for other kinds of files."""
    content_sha256: str = ""
    """Of its bytes before credentials were embedded."""
    credentials: Blob | None = None
    """Its credentials where they are not embedded."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the caller should know."""

    message: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Still there."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All outputs are stored. Last."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It can't be done. Last."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Released:
    """Let go before the end. Last."""

    reason: Reason


Last = Finished | Failed | Released
Event = Accepted | Progressed | PreviewStored | CheckpointStored | OutputStored | Warned | Heartbeat | Last
