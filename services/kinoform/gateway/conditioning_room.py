"""How many bytes of conditionings a project may keep: what is beyond that is forgotten, the oldest first.

They are a cache: whoever asks for a forgotten one again has it prepared again. When one was last used is not kept.
"""

import logging
from dataclasses import dataclass

from kinoform.gateway.conditionings import Conditionings
from kinoform.gateway.conditions import name_of
from kinoform.gateway.every import UNENDED, every, given_to
from kinoform.models.services import CONDITIONING
from kinoform.store.errors import NotFound, WrongState
from kinoform.store.records import JobFilter, JobRecord, JobState

_PREPARED = JobFilter(kinds=frozenset({CONDITIONING}), states=frozenset({JobState.SUCCEEDED}))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConditioningRoom:
    """A project's share of the asset store."""

    conditionings: Conditionings
    max_bytes: int

    def clear(self, project: str) -> list[str]:
        """Forgets conditionings, the oldest first, until the others fit; returns their names. Blocks.

        Never one that a job which has not ended names, and never the newest: somebody may be about to use it.
        """
        jobs = self.conditionings.submitter.jobs
        prepared = list(every(jobs, project, _PREPARED))
        excess = sum(map(_bytes, prepared)) - self.max_bytes
        if excess <= 0:
            return []
        needed = {name for record in every(jobs, project, UNENDED) for name in given_to(record)}
        forgotten: list[str] = []
        for record in reversed(prepared[1:]):
            if excess > 0 and name_of(record) not in needed and self._forget(name_of(record)):
                excess -= _bytes(record)
                forgotten.append(name_of(record))
        _log.info("%s: forgot %d conditionings to keep within %d bytes", project, len(forgotten), self.max_bytes)
        return forgotten

    def _forget(self, name: str) -> bool:
        try:
            self.conditionings.delete(name, force=True)
        except (NotFound, WrongState):  # somebody deleted it, or has it prepared anew
            return False
        return True


def _bytes(record: JobRecord) -> int:
    return sum(output.size for output in record.status.outputs)
