"""Where a job stands, and where it comes from."""

from dataclasses import dataclass
from enum import StrEnum


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

    @property
    def stands(self) -> bool:
        """Nothing more will happen until somebody asks for it: it has ended, or is PAUSED."""
        return self.ended or self is JobState.PAUSED


class Stage(StrEnum):
    """The stages of a generation."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    ENCODE = "encode"
    DENOISE = "denoise"
    DECODE = "decode"
    WRITE = "write"
    SURFACE = "surface"
    """A shape gets its surface: triangles, UVs, textures."""
    RENDER = "render"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a job was forked from."""

    job: str
    """`projects/{p}/jobs/{j}`; it may have been deleted since."""
    step: int
    """Steps that were done there."""
