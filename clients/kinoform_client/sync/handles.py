# Written by clients/unasync.py from clients/kinoform_client/aio/handles.py: change that file, not this one.
"""A job in hand, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kinoform_client import arrays
from kinoform_client._core.outcome import main_output, output_of, raise_unless_succeeded
from kinoform_client.sync.assets import Assets, Report
from kinoform_client.sync.jobs import Jobs
from kinoform_client.sync.transport import in_thread
from kinoform_client.types import ConditioningReport, Event, Job, MaterialReport, MeshReport, Output

if TYPE_CHECKING:
    from trimesh import Trimesh

    from kinoform_client.arrays import Picture


class OutputFile:
    """One file that a job made, stored on the server."""

    def __init__(self, assets: Assets, record: Output) -> None:
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

    def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Saves it as `path`, or under its own name within it if that is a folder, and returns where.

        A client made with `sidecars` saves its credentials beside it, as `FILE.c2pa`, if they are not embedded.
        """
        saved = self._assets.download(self.record.asset, path, report=report)
        if self._assets.sidecars and self.record.credentials:
            self._assets.download(self.record.credentials, saved.with_name(f"{saved.name}.c2pa"))
        return saved

    def read(self) -> bytes:
        """Its bytes."""
        return self._assets.read(self.record.asset)

    def to_trimesh(self) -> Trimesh:
        """A mesh file as one trimesh object, in the file's own frame.

        GLB, OBJ and PLY are in metres with Y up; STL and 3MF in millimetres with Z up, as slicers read them. Raises
        InvalidArgumentError for other roles, MissingDependencyError without `kinoform[mesh]`.
        """
        file_type = arrays.mesh_type(self.role)
        arrays.needs("trimesh", "PIL")
        return in_thread(arrays.mesh_from_bytes, self.read(), file_type)

    def to_numpy(self) -> Picture:
        """A picture as numpy: (h, w, c), or (h, w) for one channel; uint8, or uint16 where the file has 16 bits.

        Raises DataLossError if it can't be read, MissingDependencyError without `kinoform[mesh]`.
        """
        arrays.needs("numpy", "av")
        return in_thread(arrays.picture_from_bytes, self.read())

    def maps(self) -> dict[str, Picture]:
        """The maps in a material's ZIP file as numpy, uint16, by their names: `base_colour`, `normal`, `roughness`, …

        Raises DataLossError if they can't be read, MissingDependencyError without `kinoform[mesh]`.
        """
        arrays.needs("numpy", "av")
        return in_thread(arrays.maps_from_bytes, self.read())


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

    def output(self, role: str | None = None) -> OutputFile:
        """The file of a role; without one the main file: video, material, prepared picture or first mesh.

        Raises NotFoundError if there is none, as last seen.
        """
        record = main_output(self.job) if role is None else output_of(self.job, role)
        return OutputFile(self._assets, record)

    def refresh(self) -> Job:
        """Its record as it stands now."""
        self.job = self._jobs.get(self.name)
        return self.job

    def watch(self, *, after: int = 0, through_pauses: bool = False) -> Iterator[Event]:
        """Its events after the one numbered `after`, until it has ended or is PAUSED. Survives broken connections."""
        return self._jobs.watch(self.name, after=after, through_pauses=through_pauses)

    def wait(self, timeout: float | timedelta | None = None) -> Job:
        """Its record once it has ended, however it did, or is PAUSED. Raises DeadlineError."""
        self.job = self._jobs.wait(self.name, timeout=timeout)
        return self.job

    def result(self, timeout: float | timedelta | None = None) -> JobHandle:
        """Itself, once it has SUCCEEDED. Raises JobFailedError, JobCancelledError, JobPausedError, DeadlineError."""
        raise_unless_succeeded(self.wait(timeout))
        return self

    def download(self, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Waits for the result and saves its main file, as `output` chooses it."""
        self.result()
        return self.output().download(path, report=report)

    def maps(self) -> dict[str, Picture]:
        """Waits for the result and reads a material's maps as numpy, by their names."""
        self.result()
        return self.output("material").maps()

    def cancel(self) -> Job:
        """Asks that it ends."""
        self.job = self._jobs.cancel(self.name)
        return self.job

    def pause(self) -> Job:
        """Asks that it stops after its present step."""
        self.job = self._jobs.pause(self.name)
        return self.job

    def resume(self, *, pause_at: int | None = None) -> Job:
        """Lets it go on after a pause, to the end or to a later step."""
        self.job = self._jobs.resume(self.name, pause_at=pause_at)
        return self.job

    def fork(
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
    ) -> JobHandle:
        """A new job that begins with a kept state of this one; see `client.jobs.fork`."""
        job = self._jobs.fork(
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
        return JobHandle(self._jobs, self._assets, job)

    def retry(self) -> Job:
        """Queues it again after it FAILED or was CANCELLED."""
        self.job = self._jobs.retry(self.name)
        return self.job

    def delete(self, *, assets: bool = False) -> None:
        """Deletes it; its outputs, too, with `assets`."""
        self._jobs.delete(self.name, assets=assets)
