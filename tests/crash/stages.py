"""Where in a job's life a fault strikes, by what its log tells."""

from collections.abc import Callable
from dataclasses import dataclass

from kinoform_proto.job.v1.job_pb2 import JobEvent, Progress
from tests.kinoform_cluster.suite import denoised, stage_begun

STEPS = 24


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment, told of by the first event of some kind."""

    name: str
    begun: Callable[[JobEvent], bool]
    uncommitted: bool = False
    """What follows is kept from being written down until the fault has struck."""


STAGES = (
    Stage("queued", lambda event: event.sequence >= 1),
    Stage("encoding", stage_begun(Progress.STAGE_ENCODE)),
    Stage("step k", denoised(STEPS // 3)),
    Stage("checkpointing", lambda event: event.HasField("checkpoint_saved")),
    Stage("decoding", stage_begun(Progress.STAGE_DECODE)),
    Stage("uploading", stage_begun(Progress.STAGE_WRITE)),
    Stage("committing", stage_begun(Progress.STAGE_WRITE), uncommitted=True),
)
BY_NAME = {stage.name: stage for stage in STAGES}
