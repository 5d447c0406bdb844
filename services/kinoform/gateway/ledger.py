"""Writes what happens to a leased job: every event with the change it tells of, fenced by the lease."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from google.rpc import status_pb2

from kinoform.gateway import convert
from kinoform.gateway.leftovers import Leftovers
from kinoform.media.provenance.credit import SIDECAR_ENDING
from kinoform.store.assets import AssetStore
from kinoform.store.errors import AlreadyExists, NotFound
from kinoform.store.leases import NOTHING, Leases
from kinoform.store.records import AssetRecord, Claim, JobState, JobUpdate, OutputRecord
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.job.v1 import job_pb2

MAX_PREVIEW_BYTES = 256 * 1024
ORDER = {stage: place for place, stage in enumerate(("encode", "denoise", "decode", "surface", "render", "write"))}


@dataclass(frozen=True, slots=True)
class Books:
    """The stores that a run writes to."""

    leases: Leases
    blobs: AssetStore
    leftovers: Leftovers
    clock: Callable[[], int]


class Ledger:
    """One attempt's entries. Each method raises Fenced once the lease is lost."""

    def __init__(self, books: Books, claim: Claim) -> None:
        self._books = books
        self._claim = claim
        self._outputs = {output.role: output for output in claim.record.status.outputs}
        self._warnings = claim.record.submission.warnings
        status = claim.record.status
        self._reached = _place(status.stage, status.step)
        self._previewed = status.previewed
        self._saved = 0 if claim.checkpoint is None else claim.checkpoint.step
        self.closing = False
        """The entry that gives the lease up is written, or being written."""

    async def running(self) -> None:
        """The attempt begins."""
        reason = f"attempt {self._claim.lease.attempt}" if self._claim.lease.attempt > 1 else ""
        await self._write(convert.state_changed(JobState.RUNNING, reason))

    async def accepted(self, position: int) -> None:
        """The generation service took the job, behind `position` others."""
        if position:
            status = self._claim.record.status
            waiting = job_pb2.Progress(step=status.step, steps=status.steps, queue_position=position)
            await self._write(convert.happened(waiting))

    async def progress(self, done: engine_pb2.StepDone) -> None:
        """A stage began or a step was done. One that an attempt before this one told of already is not told again."""
        if (place := _place(done.stage, done.step)) <= self._reached:
            return
        self._reached = place
        progress = job_pb2.Progress(stage=convert.stage(done.stage), step=done.step, steps=done.steps)
        if done.HasField("eta"):
            progress.eta.CopyFrom(done.eta)
        update = JobUpdate(stage=done.stage, step=done.step, steps=done.steps)
        await self._write(convert.happened(progress), update)

    async def preview(self, ready: engine_pb2.PreviewReady) -> None:
        """A look at the unfinished result; it moves from the asset store into the log. One of each step is enough."""
        image = await asyncio.to_thread(self._take_preview, ready.image.sha256)
        if image and ready.step > self._previewed:
            self._previewed = ready.step
            preview = job_pb2.Preview(step=ready.step, image=image, frames=ready.frames)
            await self._write(convert.happened(preview), JobUpdate(previewed=ready.step))

    async def checkpoint(self, stored: engine_pb2.CheckpointStored) -> None:
        """The denoise state was stored; the one before it may go."""
        await asyncio.to_thread(self._save_checkpoint, stored)
        if stored.step > self._saved:
            self._saved = stored.step
            await self._write(convert.happened(job_pb2.CheckpointSaved(step=stored.step, kept=stored.kept)))

    async def output(self, stored: engine_pb2.OutputStored) -> None:
        """A file was stored. One that an attempt before this one stored already is not told again."""
        before = self._outputs.get(stored.role)
        if before is not None and convert.same_content(before, stored):
            await asyncio.to_thread(self._drop_twin, before, stored)
            return
        asset = self._asset(stored.role, stored.blob, stored.display_name)
        assets = [asset]
        if stored.HasField("credentials"):
            name = f"{stored.display_name}{SIDECAR_ENDING}"
            assets.append(self._asset(f"{stored.role} credentials", stored.credentials, name))
        output = OutputRecord(
            role=stored.role,
            asset=asset.name,
            media_type=asset.media_type,
            sha256=asset.sha256,
            size=asset.size,
            payload=convert.output_payload(stored, credentials=assets[1].name if assets[1:] else ""),
        )
        self._outputs[stored.role] = output
        update = JobUpdate(outputs=tuple(self._outputs.values()))
        entry = convert.happened(convert.output_to_proto(output))
        try:
            await self._write(entry, update, tuple(assets))
        except AlreadyExists:  # made before a retry began again
            await self._write(entry, update)

    async def warning(self, message: str) -> None:
        """Something that the caller should know. Told once, however often the job is resumed."""
        if message not in self._warnings:
            self._warnings = (*self._warnings, message)
            update = JobUpdate(warnings=self._warnings)
            await self._write(convert.happened(job_pb2.Warning(message=message)), update)

    async def succeeded(self) -> None:
        """All outputs are stored."""
        await self._end(JobState.SUCCEEDED)
        await asyncio.to_thread(self._drop_checkpoint)

    async def failed(self, error: status_pb2.Status) -> None:
        """It can't be done."""
        await self._end(JobState.FAILED, error=error)
        if convert.reason_of(error).startswith("POLICY_"):  # nothing of what was refused is kept
            await asyncio.to_thread(self._drop_checkpoint)

    async def cancelled(self) -> None:
        """Somebody asked for it."""
        await self._end(JobState.CANCELLED, reason="cancel requested")

    async def paused(self, reason: str) -> None:
        """The job stops here until somebody lets it go on; its checkpoint is kept. Gives the lease up."""
        self.closing = True
        await self._write(convert.state_changed(JobState.PAUSED, reason), JobUpdate(state=JobState.PAUSED))

    async def requeued(self, reason: str) -> None:
        """The job goes on elsewhere, or later. Gives the lease up."""
        self.closing = True
        await self._write(convert.state_changed(JobState.QUEUED, reason), JobUpdate(state=JobState.QUEUED))

    async def _end(self, state: JobState, reason: str = "", error: status_pb2.Status | None = None) -> None:
        self.closing = True
        update = JobUpdate(state=state, error=None if error is None else error.SerializeToString())
        await self._write(convert.state_changed(state, reason, error), update)

    async def _write(
        self, happened: convert.EventMaker, update: JobUpdate = NOTHING, assets: tuple[AssetRecord, ...] = ()
    ) -> None:
        now = self._books.clock()
        lease = self._claim.lease
        payload = convert.event(now, lease.attempt, happened)
        append = self._books.leases.append_event
        await asyncio.to_thread(append, lease, payload, now=now, update=update, assets=assets)

    def _save_checkpoint(self, stored: engine_pb2.CheckpointStored) -> None:
        leases, sha256, now = self._books.leases, stored.state.sha256, self._books.clock()
        before = leases.save_checkpoint(self._claim.lease, sha256, step=stored.step, now=now, kept=stored.kept)
        if before is not None and before.sha256 != sha256:
            self._books.leftovers.drop(before.sha256)

    def _drop_checkpoint(self) -> None:
        sha256 = self._books.leases.drop_checkpoint(self._claim.record.name)
        if sha256 is not None:
            self._books.leftovers.drop(sha256)

    def _take_preview(self, sha256: str) -> bytes:
        try:
            image = self._books.blobs.read(sha256)
        except NotFound:  # a twin of this job, with the same preview, took it first
            return b""
        self._books.leftovers.drop(sha256)
        return image if len(image) <= MAX_PREVIEW_BYTES else b""

    def _drop_twin(self, before: OutputRecord, stored: engine_pb2.OutputStored) -> None:
        """Of content that a timestamp made two files of, the first is the job's."""
        if before.sha256 != stored.blob.sha256:
            self._books.leftovers.drop(stored.blob.sha256)
        if stored.HasField("credentials"):
            self._books.leftovers.drop(stored.credentials.sha256)

    def _asset(self, role: str, blob: engine_pb2.Blob, display_name: str) -> AssetRecord:
        asked = self._claim.record.submission
        # Made of what it is, so that the same result stored twice is one asset.
        made_of = f"{asked.name}\n{role}\n{blob.sha256}"
        return AssetRecord(
            name=f"projects/{asked.project}/assets/{hashlib.sha256(made_of.encode()).hexdigest()[:32]}",
            project=asked.project,
            sha256=blob.sha256,
            size=blob.size_bytes,
            media_type=blob.media_type,
            created_at=self._books.clock(),
            display_name=display_name,
            job=asked.name,
        )


def _place(stage: str, step: int) -> tuple[int, int]:
    """How far along a job is; its stages come in one order."""
    return ORDER.get(stage, -1), step
