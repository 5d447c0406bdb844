"""How one clip is made: conditions, steps, pictures, files."""

import asyncio
import dataclasses
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinoform.engine import events as engine_events
from kinoform.engine.errors import BadCheckpoint
from kinoform.engine.family import Frames
from kinoform.engine.job import EngineJob
from kinoform.media.image import load_rgb
from kinoform.models.clip import ClipRequest
from kinoform.store.errors import DigestMismatch, NotFound
from kinoform.video.blobs import Blobs
from kinoform.video.config import Rhythm
from kinoform.video.files import write_files
from kinoform.video.messages import (
    CheckpointStored,
    Event,
    OutputStored,
    PreviewStored,
    Progressed,
    Stage,
    Start,
    Warned,
)
from kinoform.video.models import ClipEngine, LoadedModel, Models
from kinoform.video.pools import Pools
from kinoform.video.preview import preview_png

CHECKPOINT_TYPE = "application/vnd.kinoform.checkpoint"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every job of a service works with."""

    models: Models
    blobs: Blobs
    pools: Pools
    rhythm: Rhythm


class ClipMaker:
    """Takes a clip through its stages, and out of the engine when asked to leave."""

    def __init__(self, start: Start, tools: Tools, say: Callable[[Event], None]) -> None:
        self._start = start
        self._tools = tools
        self._say = say
        self._id = f"{start.job}#{start.attempt}"
        self._priority = start.priority
        self._engine: ClipEngine | None = None
        self._leaving = False

    async def make(self) -> bool:
        """Everything from the request to the stored files. False when it left before the end."""
        self._progress(Stage.ENCODE, 0)
        model = await self._tools.models.get(self._start.model)
        request = await self._request()
        state = await self._resumed(model, request)
        if state is None and not self._leaving:
            for text in await self._tools.pools.encode(model.family.warnings, request):
                self._say(Warned(text))
            conditioning = await self._tools.pools.encode(model.family.encode, request)
            state = await self._denoised(model, request, conditioning=conditioning)
        if self._leaving:
            return False
        await self._finish(model, state)
        return True

    def leave(self, *, keep: bool) -> bool:
        """Asks the engine to let go after the running step, with a checkpoint or without. False if it isn't there."""
        if self._engine is None:
            return False
        self._leaving = True
        (self._engine.pause if keep else self._engine.cancel)(self._id)
        return True

    def set_priority(self, priority: int) -> None:
        """Higher first, from the next step on."""
        self._priority = priority
        if self._engine is not None:
            self._engine.set_priority(self._id, priority)

    async def _request(self) -> ClipRequest:
        if self._start.image is None:
            return self._start.clip
        data = await self._tools.blobs.read(self._start.image)
        image = await self._tools.pools.encode(load_rgb, data)
        return dataclasses.replace(self._start.clip, image=image)

    async def _resumed(self, model: LoadedModel, request: ClipRequest) -> Any:
        """The finished state, or None without a checkpoint that is of use."""
        if self._start.checkpoint is None:
            return None
        try:
            data = await self._tools.blobs.read(self._start.checkpoint)
            return await self._denoised(model, request, checkpoint=data)
        except (BadCheckpoint, NotFound, DigestMismatch) as error:
            # The clip comes out the same, only later.
            _log.warning("%s begins anew, its checkpoint is of no use: %s", self._id, error)
            return None

    async def _denoised(
        self, model: LoadedModel, request: ClipRequest, *, conditioning: Any = None, checkpoint: bytes | None = None
    ) -> Any:
        rhythm = self._tools.rhythm
        job = EngineJob(
            id=self._id,
            request=request,
            conditioning=conditioning,
            checkpoint=checkpoint,
            priority=self._priority,
            reproducible=request.reproducible,
            preview_every=rhythm.preview_every,
            checkpoint_every=rhythm.checkpoint_every,
            checkpoint_gap_s=rhythm.checkpoint_gap_s,
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

    async def _relayed(self, model: LoadedModel, inbox: "asyncio.Queue[engine_events.Event[Any]]") -> Any:
        """The finished state, or None when the engine has let the job go."""
        while True:
            match await inbox.get():
                case engine_events.Stepped(step, _, eta_s):
                    self._progress(Stage.DENOISE, step, eta_s)
                case engine_events.Previewed(step, frames):
                    await self._preview(step, frames)
                case engine_events.Checkpointed(step, data):
                    await self._save(step, data)
                case engine_events.Denoised(state):
                    return state
                case engine_events.Failed(error):
                    raise error
                case engine_events.Released(data, _):
                    self._leaving = True
                    if data is not None:
                        state = await self._tools.pools.encode(model.family.load, data)
                        await self._save(model.family.steps_done(state), data)
                    return None

    async def _preview(self, step: int, frames: Frames) -> None:
        image = await self._tools.pools.look(preview_png, frames)
        self._say(PreviewStored(step, await self._tools.blobs.put(image, "image/png"), len(frames)))

    async def _save(self, step: int, data: bytes) -> None:
        self._say(CheckpointStored(step, await self._tools.blobs.put(data, CHECKPOINT_TYPE)))

    async def _finish(self, model: LoadedModel, state: Any) -> None:
        steps = self._start.clip.steps
        self._progress(Stage.DECODE, steps)
        frames = await self._tools.pools.finish(model.family.decode, state)
        self._progress(Stage.WRITE, steps)
        with tempfile.TemporaryDirectory(prefix="kinoform-") as folder:
            for file in await self._tools.pools.finish(write_files, frames, self._start, Path(folder)):
                blob = await self._tools.blobs.put_file(file.path, file.media_type)
                self._say(OutputStored(file.role, blob, file.path.name))

    def _progress(self, stage: Stage, step: int, eta_s: float | None = None) -> None:
        self._say(Progressed(stage, step, self._start.clip.steps, eta_s))
