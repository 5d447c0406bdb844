"""One job as whoever makes it sees it: says how far it is, reads inputs, has things denoised, leaves files."""

import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from kinoform.media.provenance.credit import Credit
from kinoform.policy.judge import Place
from kinoform.serving.bench import Bench
from kinoform.serving.denoise import Denoising, Tools
from kinoform.serving.errors import blamed
from kinoform.serving.files import Writer
from kinoform.serving.look import pictures_in
from kinoform.serving.messages import Event, Progressed, Stage, Start
from kinoform.serving.models import Models, Request, Result

P = ParamSpec("P")
R = TypeVar("R")
Task = TypeVar("Task", contravariant=True)


class Make(Protocol[Task]):
    """Makes what a task asks for, from its request to its stored files.

    Raises LetGo when the engine has let the job go. May be cancelled at any await: then a job without a checkpoint
    begins anew elsewhere, and ends in the same bytes.
    """

    def __call__(self, task: Task, job: "Job") -> Awaitable[None]: ...


class Job:
    """Everything that a maker may do with the world."""

    def __init__(self, start: Start[object], tools: Tools, say: Callable[[Event], None]) -> None:
        self._tools = tools
        self._say = say
        self.denoising = Denoising(start, tools, say)

    def reached(self, stage: Stage, step: int, steps: int) -> None:
        """Tells of a stage that begins, or of a step that is done."""
        self._say(Progressed(stage, step, steps))

    async def read(self, field: str, sha256: str, decode: Callable[[bytes], R]) -> R:
        """An input: the stored bytes decoded, before the steps.

        Raises NotFound; BadInput with the request's field for what `decode` refuses, Refused for what policies do.
        """
        data = await self._tools.blobs.read(sha256)
        with blamed(field):
            return await self._judged(field, await self._tools.pools.read(decode, data))

    async def read_in(self, bench: Bench, field: str, sha256: str, decode: Callable[[bytes], R]) -> R:
        """As `read`, but decoded in the bench's process: for what may crash it. Raises WorkerDied, too."""
        data = await self._tools.blobs.read(sha256)
        with blamed(field):
            return await self._judged(field, await bench.run(decode, data))

    async def _judged(self, field: str, given: R) -> R:
        if self._tools.policies:
            check = self._tools.policies.check_pictures
            await self._tools.pools.read(check, Place.INPUT, pictures_in(given), field)
        return given

    async def generate(self, models: Models[Request, Result], name: str, request: Request) -> Result:
        """What the model makes of the request. Raises LetGo; ModelError, also if there is no model of that name."""
        model = await models.get(name)
        state = await self.denoising.run(model, request)
        self.reached(Stage.DECODE, request.steps, request.steps)
        return await self.finish(model.family.decode, state)

    async def finish(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a piece of work that comes after the steps, in a thread."""
        return await self._tools.pools.finish(work, *args, **kwargs)

    def bench(self) -> AbstractAsyncContextManager[Bench]:
        """A process for the work after the steps that must not be done in a thread; waits until one is free."""
        return self._tools.benches.taken()

    async def store(self, write: Writer, credit: Credit) -> None:
        """Signs, stores and tells of the files that `write` writes, in a thread. Raises NotSigned, Refused."""
        for output in await self.finish(self._tools.blobs.put_written, write, credit):
            self._say(output)

    async def store_from(self, bench: Bench, write: Writer, credit: Credit) -> None:
        """As `store`, with the files written in the bench's process."""
        with tempfile.TemporaryDirectory(prefix="kinoform-") as folder:
            files = await bench.run(write, Path(folder))
            await self.finish(self._tools.blobs.check, files)
            for file in files:
                self._say(await self._tools.blobs.put_file(file, credit))
