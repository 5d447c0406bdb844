"""A job in hand, and what came of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kinoform_client import arrays
from kinoform_client._core.outcome import main_output, output_of, raise_unless_succeeded
from kinoform_client.aio.assets import AsyncAssets, Report
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.aio.transport import in_thread
from kinoform_client.types import ConditioningReport, Event, Job, MaterialReport, MeshReport, Output

if TYPE_CHECKING:
    from trimesh import Trimesh

    from kinoform_client.arrays import Picture


class AsyncOutputFile:
    """One file that a job made, stored on the server."""

    def __init__(self, assets: AsyncAssets, record: Output) -> None:
        self._assets = assets
        self.record = record

    @property
    def role(self) -> str:
        """`video`, `poster`, `swatch`, `material`, `picture`, `mask`, a mesh format or a level of it: `glb_lod1`."""
        return self.record.role

    @property
    def report(self) -> MeshReport | MaterialReport | ConditioningReport | None:
        """What was found when the file was read back; None for other kinds of files."""
        return self.record.report

    async def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Saves it as `path`, or under its own name within it if that is a folder, and returns where.

        A client made with `sidecars` saves its credentials beside it, as `FILE.c2pa`, if they are not embedded.
        """
        saved = await self._assets.download(self.record.asset, path, report=report)
        if self._assets.sidecars and self.record.credentials:
            await self._assets.download(self.record.credentials, saved.with_name(f"{saved.name}.c2pa"))
        return saved

    async def read(self) -> bytes:
        """Its bytes."""
        return await self._assets.read(self.record.asset)

    async def to_trimesh(self) -> Trimesh:
        """A mesh file as one trimesh object, in the file's own frame.

        GLB, OBJ and PLY are in metres with Y up; STL and 3MF in millimetres with Z up, as slicers read them. Raises
        InvalidArgumentError for other roles, MissingDependencyError without `kinoform[mesh]`.
        """
        file_type = arrays.mesh_type(self.role)
        arrays.needs("trimesh", "PIL")
        return await in_thread(arrays.mesh_from_bytes, await self.read(), file_type)

    async def to_numpy(self) -> Picture:
        """A picture as numpy: (h, w, c), or (h, w) for one channel; uint8, or uint16 where the file has 16 bits.

        Raises DataLossError if it can't be read, MissingDependencyError without `kinoform[mesh]`.
        """
        arrays.needs("numpy", "av")
        return await in_thread(arrays.picture_from_bytes, await self.read())

    async def maps(self) -> dict[str, Picture]:
        """The maps in a material's ZIP file as numpy, uint16, by their names: `base_colour`, `normal`, `roughness`, …

        Raises DataLossError if they can't be read, MissingDependencyError without `kinoform[mesh]`.
        """
        arrays.needs("numpy", "av")
        return await in_thread(arrays.maps_from_bytes, await self.read())


class AsyncJobHandle:
    """A job in hand. `job` is its record as last seen; `refresh` and `wait` renew it."""

    def __init__(self, jobs: AsyncJobs, assets: AsyncAssets, job: Job) -> None:
        self._jobs = jobs
        self._assets = assets
        self.job = job

    @property
    def name(self) -> str:
        """`projects/{p}/jobs/{j}`."""
        return self.job.name

    @property
    def outputs(self) -> tuple[AsyncOutputFile, ...]:
        """The files it has made, as last seen."""
        return tuple(AsyncOutputFile(self._assets, output) for output in self.job.outputs)

    def output(self, role: str | None = None) -> AsyncOutputFile:
        """The file of a role; without one the main file: video, material, prepared picture or first mesh.

        Raises NotFoundError if there is none, as last seen.
        """
        record = main_output(self.job) if role is None else output_of(self.job, role)
        return AsyncOutputFile(self._assets, record)

    async def refresh(self) -> Job:
        """Its record as it stands now."""
        self.job = await self._jobs.get(self.name)
        return self.job

    def watch(self, *, after: int = 0, through_pauses: bool = False) -> AsyncIterator[Event]:
        """Its events after the one numbered `after`, until it has ended or is PAUSED. Survives broken connections."""
        return self._jobs.watch(self.name, after=after, through_pauses=through_pauses)

    async def wait(self, timeout: float | timedelta | None = None) -> Job:
        """Its record once it has ended, however it did, or is PAUSED. Raises DeadlineError."""
        self.job = await self._jobs.wait(self.name, timeout=timeout)
        return self.job

    async def result(self, timeout: float | timedelta | None = None) -> AsyncJobHandle:
        """Itself, once it has SUCCEEDED. Raises JobFailedError, JobCancelledError, JobPausedError, DeadlineError."""
        raise_unless_succeeded(await self.wait(timeout))
        return self

    async def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Waits for the result and saves its main file, as `output` chooses it."""
        await self.result()
        return await self.output().download(path, report=report)

    async def maps(self) -> dict[str, Picture]:
        """Waits for the result and reads a material's maps as numpy, by their names."""
        await self.result()
        return await self.output("material").maps()

    async def cancel(self) -> Job:
        """Asks that it ends."""
        self.job = await self._jobs.cancel(self.name)
        return self.job

    async def pause(self) -> Job:
        """Asks that it stops after its present step."""
        self.job = await self._jobs.pause(self.name)
        return self.job

    async def resume(self, *, pause_at: int | None = None) -> Job:
        """Lets it go on after a pause, to the end or to a later step."""
        self.job = await self._jobs.resume(self.name, pause_at=pause_at)
        return self.job

    async def fork(
        self,
        *,
        step: int | None = None,
        prompt: str | None = None,
        prompt_tail: str | None = None,
        guidance: float | None = None,
        remaining_steps: int | None = None,
        image_strength: float | None = None,
        condition_strengths: Mapping[int, float] | None = None,
        pause_at: int | None = None,
        priority: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> AsyncJobHandle:
        """A new job that begins with a kept state of this one; see `client.jobs.fork`."""
        job = await self._jobs.fork(
            self.name,
            step=step,
            prompt=prompt,
            prompt_tail=prompt_tail,
            guidance=guidance,
            remaining_steps=remaining_steps,
            image_strength=image_strength,
            condition_strengths=condition_strengths,
            pause_at=pause_at,
            priority=priority,
            labels=labels,
        )
        return AsyncJobHandle(self._jobs, self._assets, job)

    async def retry(self) -> Job:
        """Queues it again after it FAILED or was CANCELLED."""
        self.job = await self._jobs.retry(self.name)
        return self.job

    async def delete(self, *, assets: bool = False) -> None:
        """Deletes it; its outputs, too, with `assets`."""
        await self._jobs.delete(self.name, assets=assets)
