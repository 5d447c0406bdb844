"""Following a job over broken connections: what was seen, and whether there is more."""

from kinoform_client._core.convert import event_from_proto
from kinoform_client.errors import DataLossError, ErrorDetails
from kinoform_client.types import Event, Job, StateChanged
from kinoform_proto.job.v1 import job_pb2


class WatchCursor:
    """A place in a job's log. `after` is the last sequence seen: a new stream begins behind it."""

    def __init__(self, name: str, after: int, *, through_pauses: bool) -> None:
        self._name = name
        self._through_pauses = through_pauses
        self.after = after
        self.ended = False
        """The last event seen ended the job."""

    def request(self) -> job_pb2.WatchJobRequest:
        """Asks for all that was not seen yet."""
        return job_pb2.WatchJobRequest(
            name=self._name, after_sequence=self.after, until_paused=not self._through_pauses
        )

    def accept(self, proto: job_pb2.JobEvent) -> Event | None:
        """The event, or None if it was seen before. Raises DataLossError if one between was skipped."""
        if proto.sequence <= self.after:
            return None
        if proto.sequence != self.after + 1:
            message = f"{self._name}: event {proto.sequence} came after {self.after}"
            raise DataLossError(message, ErrorDetails(code="DATA_LOSS", reason="EVENT_GAP"))
        event = event_from_proto(proto)
        self.after = event.sequence
        self.ended = isinstance(event, StateChanged) and event.state.ended
        return event

    def exhausted(self, job: Job) -> bool:
        """The job has ended, or is paused as far as that counts, and nothing is left to see."""
        over = job.state.ended if self._through_pauses else job.state.stands
        return over and job.last_sequence <= self.after
