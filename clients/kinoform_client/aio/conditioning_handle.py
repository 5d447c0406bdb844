"""A conditioning in hand."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from kinoform_client._core.conditionings import conditioning_from_proto
from kinoform_client._core.outcome import output_of, raise_unless_succeeded
from kinoform_client.aio.assets import AsyncAssets, Report
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.handles import AsyncOutputFile
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.conditions import Conditioning, ConditioningState
from kinoform_client.types import Event
from kinoform_proto.conditioning.v1 import conditioning_pb2


class AsyncConditioningHandle:
    """A conditioning in hand. `conditioning` is its record as last seen; `refresh` and `result` renew it."""

    def __init__(self, caller: AsyncCaller, jobs: AsyncJobs, assets: AsyncAssets, conditioning: Conditioning) -> None:
        self._caller = caller
        self._jobs = jobs
        self._assets = assets
        self.conditioning = conditioning

    @property
    def name(self) -> str:
        """`projects/{p}/conditionings/{c}`: stands for the picture in every request of the project."""
        return self.conditioning.name

    @property
    def outputs(self) -> tuple[AsyncOutputFile, ...]:
        """Its files, as last seen."""
        return tuple(AsyncOutputFile(self._assets, output) for output in self.conditioning.outputs)

    def output(self, role: str) -> AsyncOutputFile:
        """`picture`, or `mask` of a cut-out; `clip` and `mask_clip` of a clip.

        Raises NotFoundError if there is none, as last seen.
        """
        return AsyncOutputFile(self._assets, output_of(self.conditioning, role))

    def picture(self) -> AsyncOutputFile:
        """The prepared picture, a PNG file. Raises NotFoundError if there is none, as last seen."""
        return self.output("picture")

    async def refresh(self) -> Conditioning:
        """Its record as it stands now. Raises NotFoundError once it is deleted."""
        request = conditioning_pb2.GetConditioningRequest(name=self.name)
        response = await self._caller.call(self._caller.stubs.conditionings.GetConditioning, request)
        self.conditioning = conditioning_from_proto(response.conditioning)
        return self.conditioning

    def watch(self, *, after: int = 0) -> AsyncIterator[Event]:
        """Its job's events after the one numbered `after`, until it has ended. Survives broken connections."""
        return self._jobs.watch(self.conditioning.job, after=after)

    async def result(self, timeout: float | timedelta | None = None) -> AsyncConditioningHandle:
        """Itself, once it is READY. Raises JobFailedError, JobCancelledError, DeadlineError."""
        if self.conditioning.state is not ConditioningState.READY:
            job = await self._jobs.wait(self.conditioning.job, timeout=timeout)
            await self.refresh()
            raise_unless_succeeded(job)
        return self

    async def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Waits for the result and saves the picture."""
        await self.result()
        return await self.picture().download(path, report=report)
