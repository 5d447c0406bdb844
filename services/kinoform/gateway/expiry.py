"""Deletes what has expired, for good, unless a job that has not ended needs it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from kinoform.gateway.conditions import Conditions
from kinoform.gateway.every import UNENDED, every, given_to
from kinoform.gateway.leftovers import Leftovers
from kinoform.store.audit import Act
from kinoform.store.errors import NotFound, WrongState
from kinoform.store.open import Store


class Expired(NamedTuple):
    """How much was deleted."""

    jobs: int
    files: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """Any number of gateways may run it at once. All methods block."""

    store: Store
    leftovers: Leftovers
    clock: Callable[[], int]
    """Microseconds since 1970, UTC."""

    def once(self) -> Expired:
        """Delete what is due, and write each into the audit log. Raises StoreUnavailable, StoreFull."""
        now, needed = self.clock(), cache(self._needed)
        jobs = sum(self._deleted(names, self._delete_job, now) for names in self._jobs(now, needed))
        files = sum(self._deleted(names, self._delete_file, now) for names in self._files(now, needed))
        if jobs or files:
            self.store.database.scrub()
        return Expired(jobs, files)

    def _jobs(self, now: int, needed: Callable[[str], frozenset[str]]) -> Iterator[list[str]]:
        last = None
        while due := self.store.retention.jobs_due(now=now, after=last):
            last = due[-1]
            yield [job.name for job in due if job.name not in needed(job.project)]

    def _files(self, now: int, needed: Callable[[str], frozenset[str]]) -> Iterator[list[str]]:
        last = None
        while due := self.store.retention.files_due(now=now, after=last):
            last = due[-1]
            yield [asset.name for asset in due if needed(asset.project).isdisjoint({asset.name, asset.job})]

    def _needed(self, project: str) -> frozenset[str]:
        """Assets that jobs which have not ended name, and the jobs of conditionings that they name."""
        given = (name for record in every(self.store.jobs, project, UNENDED) for name in given_to(record))
        return frozenset(map(self._asset_or_job, given))

    def _asset_or_job(self, name: str) -> str:
        if name.split("/")[2] != "conditionings":
            return name
        try:
            return Conditions(self.store.jobs).get(name).name
        except NotFound:  # deleted by force; who needs it will say so
            return name

    def _deleted(self, names: Sequence[str], delete: Callable[[str], None], now: int) -> int:
        gone = []
        for name in names:
            try:
                delete(name)
            except (NotFound, WrongState):  # somebody was faster, or has it run again
                continue
            gone.append(Act(at=now, principal="retention", method="expire", resource=name, outcome="OK"))
        if gone:
            self.store.audit.append(gone)
        return len(gone)

    def _delete_job(self, name: str) -> None:
        for digest in self.store.jobs.delete(name):
            self.leftovers.drop(digest)

    def _delete_file(self, name: str) -> None:
        self.leftovers.drop(self.store.assets.delete(name).sha256)
