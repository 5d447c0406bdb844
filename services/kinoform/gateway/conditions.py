"""Conditionings as jobs: each is a job of kind `conditioning`, found by the fingerprint of what it was made of.

So it has a job's durability, events and retries, and there is no second truth about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kinoform.gateway.errors import GatewayError
from kinoform.models.services import CONDITIONING
from kinoform.store.errors import NotFound
from kinoform.store.jobs import Jobs
from kinoform.store.records import TERMINAL, JobRecord, JobState, OutputRecord

ROLES: Mapping[str, Sequence[str]] = {
    "image": ("picture",),
    "last_frame": ("picture",),
    "palette": ("picture",),
    "footage": ("clip", "picture"),
    "edges": ("clip", "picture"),
    "depth": ("clip", "picture"),
    "mask": ("mask_clip", "mask", "clip", "picture"),
}
"""By the last part of a media input's field path: the outputs that it takes, best first; every one has a picture."""
_KEY = f"{CONDITIONING}/"
"""Before the fingerprint in the job's request id: no caller's id, which is a UUID, can be the same."""


class NotReady(GatewayError):
    """It is being prepared. Ask again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} is being prepared"


class Unusable(GatewayError):
    """It could not be prepared; only another request, or a second try, gets over that."""

    def __init__(self, name: str, state: JobState) -> None:
        super().__init__(name, state)
        self.name = name
        self.state = state

    def __str__(self) -> str:
        return f"{self.name} was not prepared: its job {self.state.lower()}"


def request_id(fingerprint: str) -> str:
    """By which a project's store knows the job of a fingerprint."""
    return _KEY + fingerprint


def name_of(record: JobRecord) -> str:
    """`projects/{p}/conditionings/{fingerprint}` of the job that prepares it."""
    return f"projects/{record.submission.project}/conditionings/{fingerprint_of(record)}"


def fingerprint_of(record: JobRecord) -> str:
    """Of what the conditioning was made of."""
    return record.submission.request_key.id.removeprefix(_KEY)


@dataclass(frozen=True, slots=True)
class Conditions:
    """All conditionings of all projects. All methods block."""

    jobs: Jobs

    def get(self, name: str) -> JobRecord:
        """The job that prepares it. Raises NotFound."""
        _, project, _, fingerprint = name.split("/")
        record = self.jobs.find_request(project, request_id(fingerprint))
        if record is None:
            raise NotFound(name)
        return record

    def output(self, name: str, roles: Sequence[str]) -> OutputRecord:
        """What it has of these roles, the first there is. Raises NotFound, NotReady, Unusable."""
        record = self.get(name)
        if record.state not in TERMINAL:
            raise NotReady(name)
        if record.state is not JobState.SUCCEEDED:
            raise Unusable(name, record.state)
        found = {output.role: output for output in record.status.outputs}
        return next(found[role] for role in roles if role in found)
