"""A job's stay in an engine: steps told, previews and checkpoints stored, and out again when asked to leave."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kinoform.engine import events as engine_events
from kinoform.engine.engine import Engine
from kinoform.engine.errors import BadCheckpoint
from kinoform.engine.family import Frames
from kinoform.engine.job import EngineJob
from kinoform.policy.judge import Place, Policies, Refused
from kinoform.serving.bench import Benches
from kinoform.serving.blobs import Blobs
from kinoform.serving.config import Rhythm
from kinoform.serving.errors import OriginLost
from kinoform.serving.messages import CheckpointStored, Event, PreviewStored, Progressed, Stage, Start, Warned
from kinoform.serving.models import LoadedModel, Request, Result
from kinoform.serving.pools import Pools
from kinoform.serving.preview import preview_png
from kinoform.store.assets import Blob
from kinoform.store.errors import DigestMismatch, NotFound, StoreFull

CHECKPOINT_TYPE = "application/vnd.kinoform.checkpoint"
_log = logging.getLogger(__name__)


class LetGo(Exception):
    """The engine has let the job go before its last step; the checkpoint, if one is kept, is stored."""

    def __init__(self, *, pause_reached: bool = False) -> None:
        super().__init__(pause_reached)
        self.pause_reached = pause_reached
        """Nobody asked for it but the job itself, by the step after which it is to be paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every job of a service works with."""

    blobs: Blobs
    pools: Pools
    benches: Benches
    rhythm: Rhythm
    policies: Policies = field(default_factory=Policies)
    """What judges pictures."""


class Denoising:
    """Takes a request through its steps, from the job's checkpoint if there is one of use."""

    def __init__(self, start: Start[object], tools: Tools, say: Callable[[Event], None]) -> None:
        self._tools = tools
        self._say = say
        self._id = f"{start.job}#{start.attempt}"
        self._start = start
        self._priority = start.priority
        self._project = start.job.rpartition("/jobs/")[0]
        self._deadline = start.deadline
        self._engine: Engine[Any, Any, Any] | None = None
        self._leaving = False
        self._look = False
        self._pause_reached = False

    async def run(self, model: LoadedModel[Request, Result], request: Request) -> Any:
        """The state after the last step. Raises LetGo, and whatever the model raises."""
        state = await self._resumed(model, request)
        if state is None and not self._leaving:
            for text in await self._tools.pools.encode(model.family.warnings, request):
                self._say(Warned(text))
            conditioning = await self._tools.pools.encode(model.family.encode, request)
            state = await self._denoised(model, request, conditioning=conditioning, origin=await self._origin())
        if self._leaving:
            raise LetGo(pause_reached=self._pause_reached)
        return state

    def leave(self, *, keep: bool, look: bool = False) -> bool:
        """Asks the engine to let go after the running step, with a checkpoint or without. False if it isn't there.

        look: with a preview, too.
        """
        if self._engine is None:
            return False
        self._leaving, self._look = True, look
        (self._engine.pause if keep else self._engine.cancel)(self._id)
        return True

    def set_priority(self, priority: int) -> None:
        """Higher first, from the next step on."""
        self._priority = priority
        if self._engine is not None:
            self._engine.set_priority(self._id, priority)

    async def _resumed(self, model: LoadedModel[Request, Result], request: Request) -> Any:
        """The finished state, or None without a checkpoint that is of use."""
        if self._start.checkpoint is None:
            return None
        try:
            data = await self._tools.blobs.read(self._start.checkpoint)
            return await self._denoised(model, request, checkpoint=data)
        except (BadCheckpoint, NotFound, DigestMismatch) as error:
            # The result comes out the same, only later.
            _log.warning("%s begins anew, its checkpoint is of no use: %s", self._id, error)
            self._say(Warned(f"begun anew, since its checkpoint is of no use: {error}"))
            return None

    async def _origin(self) -> bytes | None:
        """Another job's state to begin with, of a fork. Raises OriginLost."""
        if self._start.origin is None:
            return None
        try:
            return await self._tools.blobs.read(self._start.origin)
        except (NotFound, DigestMismatch) as error:
            raise OriginLost(str(error)) from error

    async def _denoised(
        self,
        model: LoadedModel[Request, Result],
        request: Request,
        *,
        conditioning: Any = None,
        checkpoint: bytes | None = None,
        origin: bytes | None = None,
    ) -> Any:
        rhythm = self._tools.rhythm
        job = EngineJob(
            id=self._id,
            request=request,
            conditioning=conditioning,
            checkpoint=checkpoint,
            origin=origin,
            project=self._project,
            priority=self._priority,
            deadline=None if self._deadline is None else model.engine.now + self._deadline - time.time(),
            reproducible=request.reproducible,
            preview_every=rhythm.preview_every,
            checkpoint_every=rhythm.checkpoint_every,
            checkpoint_gap_s=rhythm.checkpoint_gap_s,
            checkpoint_share=rhythm.checkpoint_share,
            keep_steps=self._start.keep_steps,
            pause_at=self._start.pause_at,
        )
        inbox: asyncio.Queue[engine_events.Event[Any]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def listen(event: engine_events.Event[Any]) -> None:
            loop.call_soon_threadsafe(inbox.put_nowait, event)

        model.engine.submit(job, listen)
        self._engine = model.engine
        try:
            return await self._relayed(model, inbox)
        finally:
            self._engine = None

    async def _relayed(
        self, model: LoadedModel[Request, Result], inbox: "asyncio.Queue[engine_events.Event[Any]]"
    ) -> Any:
        """The finished state, or None when the engine has let the job go."""
        while True:
            match await inbox.get():
                case engine_events.Stepped(step, steps, eta_s):
                    self._say(Progressed(Stage.DENOISE, step, steps, eta_s))
                case engine_events.Previewed(step, frames):
                    await self._preview(step, frames)
                case engine_events.Checkpointed(step, data, kept):
                    await self._save(step, data, kept)
                case engine_events.Denoised(state):
                    return state
                case engine_events.Failed(error):
                    raise error
                case engine_events.Released(data, reason):
                    self._pause_reached = reason is engine_events.Reason.PAUSED and not self._leaving
                    self._leaving = True
                    if data is not None:
                        await self._put_down(model, data)
                    return None

    async def _put_down(self, model: LoadedModel[Request, Result], data: bytes) -> None:
        """Stores the state of a job that is let go, with a look at it for whoever paused it."""
        state = await self._tools.pools.encode(model.family.load, data)
        step = model.family.steps_done(state)
        if step and (self._look or self._pause_reached):
            await self._preview(step, await self._tools.pools.look(model.family.preview, state))
        await self._save(step, data)

    async def _preview(self, step: int, frames: Frames) -> None:
        try:
            await self._tools.pools.look(self._tools.policies.check_pictures, Place.OUTPUT, frames)
        except Refused:  # not shown; what comes of it is judged at the end, for noise may look like anything
            return
        image = await self._tools.pools.look(preview_png, frames)
        if (stored := await self._stored(image, "image/png")) is not None:
            self._say(PreviewStored(step, stored, len(frames)))

    async def _save(self, step: int, data: bytes, kept: bool = False) -> None:
        if (stored := await self._stored(data, CHECKPOINT_TYPE)) is not None:
            self._say(CheckpointStored(step, stored, kept))

    async def _stored(self, data: bytes, media_type: str) -> Blob | None:
        """None in a store that is full: the job can do without what it says on the way."""
        try:
            return await self._tools.blobs.put(data, media_type)
        except StoreFull as error:
            _log.warning("%s goes on without a %s: %s", self._id, media_type, error)
            return None
