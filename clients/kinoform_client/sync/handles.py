# Written by clients/unasync.py from clients/kinoform_client/aio/handles.py: change that file, not this one.
"""A job in hand, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from kinoform_client._core.outcome import raise_unless_succeeded
from kinoform_client.errors import ErrorDetails, NotFoundError
from kinoform_client.sync.assets import Assets, Report
from kinoform_client.sync.jobs import Jobs
from kinoform_client.types import Event, Job, Output


class OutputFile:
    """One file that a job made, stored on the server."""

    def __init__(self, assets: Assets, record: Output) -> None:
        self._assets = assets
        self.record = record

    @property
    def role(self) -> str:
        """What it is: `video`, `poster`."""
        return self.record.role

    def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Saves it as `path`, or under its own name within it if that is a folder, and returns where."""
        return self._assets.download(self.record.asset, path, report=report)

    def read(self) -> bytes:
        """Its bytes."""
        return self._assets.read(self.record.asset)


class JobHandle:
    """A job in hand. `job` is its record as last seen; `refresh` and `wait` renew it."""

    def __init__(self, jobs: Jobs, assets: Assets, job: Job) -> None:
        self._jobs = jobs
        self._assets = assets
        self.job = job

    @property
    def name(self) -> str:
        """`projects/{p}/jobs/{j}`."""
        return self.job.name

    @property
    def outputs(self) -> tuple[OutputFile, ...]:
        """The files it has made, as last seen."""
        return tuple(OutputFile(self._assets, output) for output in self.job.outputs)

    def output(self, role: str = "video") -> OutputFile:
        """The file of a role. Raises NotFoundError if there is none, as last seen."""
        for output in self.outputs:
            if output.role == role:
                return output
        raise NotFoundError(f"{self.name} has no output {role!r}", ErrorDetails(code="NOT_FOUND"))

    def refresh(self) -> Job:
        """Its record as it stands now."""
        self.job = self._jobs.get(self.name)
        return self.job

    def watch(self, *, after: int = 0) -> Iterator[Event]:
        """Its events after the one numbered `after`, until it has ended. Survives broken connections."""
        return self._jobs.watch(self.name, after=after)

    def wait(self, timeout: float | timedelta | None = None) -> Job:
        """Its record once it has ended, however it did. Raises DeadlineError."""
        self.job = self._jobs.wait(self.name, timeout=timeout)
        return self.job

    def result(self, timeout: float | timedelta | None = None) -> JobHandle:
        """Itself, once it has SUCCEEDED. Raises JobFailedError, JobCancelledError, DeadlineError."""
        raise_unless_succeeded(self.wait(timeout))
        return self

    def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Waits for the result and saves its video."""
        self.result()
        return self.output("video").download(path, report=report)

    def cancel(self) -> Job:
        """Asks that it ends."""
        self.job = self._jobs.cancel(self.name)
        return self.job

    def retry(self) -> Job:
        """Queues it again after it FAILED or was CANCELLED."""
        self.job = self._jobs.retry(self.name)
        return self.job

    def delete(self) -> None:
        """Deletes it. Its outputs stay."""
        self._jobs.delete(self.name)
