"""The loop that joins scheduler and runner: one thread for each model."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Generic, Self, TypeVar

import torch

from kinoform.engine.cost import CostModel
from kinoform.engine.errors import EngineClosed, Overloaded
from kinoform.engine.events import (
    Checkpointed,
    Denoised,
    Event,
    Failed,
    Listener,
    Previewed,
    Queued,
    Reason,
    Released,
    Stepped,
)
from kinoform.engine.family import Family, Frames
from kinoform.engine.job import EngineJob, Progress
from kinoform.engine.parking import Parking
from kinoform.engine.policy import STEPS, Policy
from kinoform.engine.runner import Runner
from kinoform.engine.scheduler import Batch, Scheduler
from kinoform.engine.waiting import Room

Request = TypeVar("Request")
Conditioning = TypeVar("Conditioning")
State = TypeVar("State")

ROOM = Room()
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Running(Generic[Request, Conditioning, State]):
    job: EngineJob[Request, Conditioning]
    listener: Listener[State]
    progress: Progress
    leaving: Reason | None = None
    """Why it takes no further step, though checkpoints of it are being made."""


class Engine(Generic[Request, Conditioning, State]):
    """Denoises jobs of one model. Every public method may be called from any thread and returns at once, but `close`.

    Listeners are called in the engine's thread, events of a job in order, with exactly one last event.
    """

    def __init__(
        self,
        family: Family[Request, Conditioning, State, object],
        *,
        room: Room = ROOM,
        max_jobs: int = 64,
        policy: Policy = STEPS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`room`: what those share who take turns. `max_jobs` are held in all."""
        self._family = family
        self._clock = clock
        self._max_jobs = max_jobs
        self._cost = CostModel()
        self._scheduler = Scheduler(self._cost, room, policy=policy)
        self._runner: Runner[Request, Conditioning, State] = Runner(family)
        self._parking = Parking(self._runner, room.memory)
        self._jobs: dict[str, _Running[Request, Conditioning, State]] = {}
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._previews = ThreadPoolExecutor(1, thread_name_prefix=f"preview-{family.name}")
        self._saves = ThreadPoolExecutor(1, thread_name_prefix=f"save-{family.name}")
        self._thread = threading.Thread(target=self._run, name=f"engine-{family.name}", daemon=True)
        self._lock = threading.Lock()
        self._ids: set[str] = set()
        self._open = True
        self._closing = False

    def start(self) -> Self:
        """Starts the thread."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Releases all jobs with their checkpoints after the running step and waits until its threads are gone."""
        self._shut()
        if self._thread.is_alive():
            self._thread.join()
        self._previews.shutdown(wait=True, cancel_futures=True)
        self._saves.shutdown()

    @property
    def running(self) -> bool:
        """Whether it takes jobs."""
        return self._open and self._thread.is_alive()

    @property
    def now(self) -> float:
        """What the clock shows by which deadlines are told, in seconds."""
        return self._clock()

    def submit(self, job: EngineJob[Request, Conditioning], listener: Listener[State]) -> None:
        """Takes a job. What is wrong with it comes as `Failed`: `TooLarge` if its state can never be held here.

        Raises:
            Overloaded: `max_jobs` are held already.
            EngineClosed: the engine was closed or has died.
            ValueError: a job with this id has not ended yet.
        """
        with self._lock:
            if not self._open:
                raise EngineClosed(f"the engine of {self._family.name!r} is closed")
            if job.id in self._ids:
                raise ValueError(f"job {job.id!r} has not ended yet")
            if len(self._ids) >= self._max_jobs:
                raise Overloaded(f"the engine of {self._family.name!r} holds {self._max_jobs} jobs already")
            self._ids.add(job.id)
            self._commands.put(partial(self._admit, job, listener))

    def cancel(self, job: str) -> None:
        """Ends a job after the running step; nothing is kept. No effect on a job that has ended."""
        self._commands.put(partial(self._release, job, Reason.CANCELLED))

    def pause(self, job: str) -> None:
        """Lets a job go with its checkpoint after the running step. No effect on a job that has ended."""
        self._commands.put(partial(self._release, job, Reason.PAUSED))

    def set_priority(self, job: str, priority: int) -> None:
        """Higher first, from the next step on. No effect on a job that has ended."""
        self._commands.put(partial(self._reprioritise, job, priority))

    def _run(self) -> None:
        with torch.inference_mode():
            try:
                self._calibrate()
                while self._obey():
                    self._turn()
            except Exception as error:  # noqa: BLE001  the thread's end: nobody above would tell the jobs
                _log.critical("the engine of %r died", self._family.name, exc_info=True)
                self._shut()
                for job in list(self._jobs):
                    self._end(job, Failed(error))
                self._obey()

    def _shut(self) -> None:
        with self._lock:
            # under the lock, so that no job is admitted behind the call that empties the engine
            self._open = False
            self._commands.put(self._release_all)

    def _obey(self) -> bool:
        """Runs the commands at hand, waits for one if no job has a step to take. False once it is closed and empty."""
        while not self._commands.empty() or not (self._over() or len(self._scheduler)):
            self._commands.get()()
        return not self._over()

    def _over(self) -> bool:
        return self._closing and not self._jobs

    def _calibrate(self) -> None:
        """Times a step of each of the family's probes, so that the first jobs' times can be foretold."""
        try:
            for probe in self._family.probes():
                self._family.denoise([probe.state])  # the first pass of a shape is slower than those that follow
                self._cost.observe(probe.tokens, self._runner.time(probe.state, self._clock))
        except Exception:  # noqa: BLE001  the first job will measure it
            _log.warning("the speed of %r is not known beforehand", self._family.name, exc_info=True)

    def _turn(self) -> None:
        begun = self._clock()
        self._seat(begun)
        self._tell_positions()
        batch = self._scheduler.next_batch(begun)
        if batch is None:
            return
        begun = self._clock()
        report = self._runner.step(batch.jobs)
        now = self._clock()
        if report.fell_apart and not report.failures:
            self._scheduler.keep_apart(batch.key)
        elif not report.fell_apart and not report.failures:
            tokens = sum(self._family.cost(self._jobs[job].job.request).tokens for job in batch.jobs)
            self._cost.observe(tokens, now - begun)
        self._settle(batch, report.failures, now, now - begun)

    def _settle(self, batch: Batch, failures: dict[str, Exception], now: float, took: float) -> None:
        going_on = [job for job in batch.jobs if job not in failures and not self._is_done(job)]
        self._scheduler.advance(batch, {job: self._runner.key(job) for job in going_on}, took)
        for job in batch.jobs:
            if job in failures:
                self._end(job, Failed(failures[job]))
                continue
            with self._alone(job):
                self._after_step(job, now, took)

    def _after_step(self, job: str, now: float, took: float) -> None:
        running = self._jobs[job]
        step, wish, progress = self._runner.steps_done(job), running.job, running.progress
        self._tell(job, Stepped(step, progress.steps, progress.stepped(step, now, took)))
        if progress.wants_preview(step, wish.preview_every):
            progress.preview_pending = True
            look = self._previews.submit(self._runner.preview, self._runner.state(job))
            look.add_done_callback(lambda done: self._commands.put(partial(self._previewed, running, step, done)))
        if progress.wants_checkpoint(wish, step, now):
            save = self._saves.submit(_timed, partial(self._runner.save, self._runner.state(job)), self._clock)
            save.add_done_callback(lambda done: self._commands.put(partial(self._saved, running, step, done)))
        if self._is_done(job):
            self._finish(job)
        elif wish.pauses_after(step):
            self._release(job, Reason.PAUSED)

    def _finish(self, job: str) -> None:
        # A checkpoint that is being made comes first: the job may be lost while its result is decoded.
        if not self._jobs[job].progress.saves_pending:
            self._end(job, Denoised(self._runner.state(job)))

    def _saved(
        self, running: _Running[Request, Conditioning, State], step: int, save: Future[tuple[bytes, float]]
    ) -> None:
        job = running.job.id
        if self._jobs.get(job) is not running:
            return
        with self._alone(job):
            data, took = save.result()
            running.progress.saved(took)
            self._tell(job, Checkpointed(step, data, kept=step in running.job.keep_steps))
            if running.leaving is not None:
                self._release(job, running.leaving)
            elif self._parking.holds(job) and self._is_done(job):
                self._finish(job)

    def _admit(self, job: EngineJob[Request, Conditioning], listener: Listener[State]) -> None:
        try:
            cost = self._family.cost(job.request)
            self._parking.add(job, cost.bytes)
        except Exception as error:  # noqa: BLE001  whatever a model raises ends this job only
            _log.info("job %s was not admitted", job.id, exc_info=True)
            self._forget(job.id)
            _call(listener, Failed(error))
            return
        self._jobs[job.id] = _Running(job, listener, Progress(cost.steps, self._clock()))
        self._scheduler.add(job.id, None, tokens=cost.tokens, steps=cost.steps, held=cost.bytes, terms=job.terms)
        if self._parking.fits(job.id):
            self._bring_in(job.id)
        self._tell_positions()

    def _seat(self, now: float) -> None:
        """Brings in the states of all who take turns. Others give way, those first whose turn is farthest."""
        while True:
            seated, standing = self._scheduler.seating(now)
            coming = next((job for job in seated if not self._parking.holds(job)), None)
            if coming is None:
                return
            for job in reversed(standing):
                if not self._parking.fits(coming) and self._parking.holds(job):
                    with self._alone(job):
                        self._parking.put_away(job)
            self._bring_in(coming)

    def _bring_in(self, job: str) -> None:
        with self._alone(job):
            self._parking.bring_in(job)
            if self._is_done(job):
                self._end(job, Denoised(self._runner.state(job)))
                return
            running, step = self._jobs[job], self._runner.steps_done(job)
            if running.job.pauses_after(step):
                self._release(job, Reason.PAUSED)
                return
            left = running.progress.steps - step
            self._scheduler.place(job, self._runner.key(job), steps=left)

    def _release(self, job: str, reason: Reason) -> None:
        if job not in self._jobs:
            return
        running = self._jobs[job]
        if running.progress.saves_pending and reason is not Reason.CANCELLED:
            running.leaving = reason
            self._scheduler.remove(job)
            return
        with self._alone(job):
            data = None if reason is Reason.CANCELLED else self._parking.checkpoint(job)
            self._end(job, Released(data, reason))

    def _release_all(self) -> None:
        for job in list(self._jobs):
            self._release(job, Reason.SHUTDOWN)
        self._closing = True

    def _reprioritise(self, job: str, priority: int) -> None:
        if job in self._jobs:
            self._scheduler.set_priority(job, priority)

    def _previewed(self, running: _Running[Request, Conditioning, State], step: int, look: Future[Frames]) -> None:
        running.progress.preview_pending = False
        if self._jobs.get(running.job.id) is not running or look.cancelled():
            return
        error = look.exception()
        if error is None:
            self._tell(running.job.id, Previewed(step, look.result()))
        else:
            _log.warning("no preview of job %s at step %d", running.job.id, step, exc_info=error)

    def _tell_positions(self) -> None:
        for job, position in self._scheduler.positions(self._clock()).items():
            progress = self._jobs[job].progress
            if progress.position != position:
                progress.position = position
                self._tell(job, Queued(position))

    def _is_done(self, job: str) -> bool:
        return self._runner.steps_done(job) >= self._jobs[job].progress.steps

    @contextmanager
    def _alone(self, job: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever a model raises ends this job only
            _log.info("job %s failed between two steps", job, exc_info=True)
            self._end(job, Failed(error))

    def _tell(self, job: str, event: Event[State]) -> None:
        _call(self._jobs[job].listener, event)

    def _end(self, job: str, event: Event[State]) -> None:
        listener = self._jobs.pop(job).listener
        self._scheduler.remove(job)
        self._parking.remove(job)
        self._forget(job)
        _call(listener, event)

    def _forget(self, job: str) -> None:
        with self._lock:
            self._ids.discard(job)


def _timed(work: Callable[[], bytes], clock: Callable[[], float]) -> tuple[bytes, float]:
    begun = clock()
    return work(), clock() - begun


def _call(listener: Listener[State], event: Event[State]) -> None:
    try:
        listener(event)
    except Exception:  # noqa: BLE001  a listener's fault is not the job's
        _log.error("a listener failed; its job goes on", exc_info=True)
