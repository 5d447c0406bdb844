"""Processes for work that holds the interpreter for seconds, may crash, or must end at once: surfaces and pictures.

In a thread it would keep the event loop from hearing keepalives, and the engines from their steps.
"""

import asyncio
import contextlib
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar, TypeVarTuple, cast

from kinoform.media.mesh.errors import WorkerDied
from kinoform.serving.worker import Piece, Value

A = TypeVarTuple("A")
R = TypeVar("R")

AT_ONCE = 2
"""Jobs that have a process each; others wait. Each may hold a mesh or a clip of up to a gigabyte."""
KEPT = 1
"""Processes that wait for the next job, so that it need not import everything again."""


class Bench:
    """A process for one job at a time. It starts with its first piece of work."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "kinoform-bench")
        self._process: subprocess.Popen[bytes] | None = None
        self.usable = True
        """Whether the process owes no answer, so that another job can have it."""

    async def run(self, work: Callable[[*A], R], *args: *A) -> R:
        """What `work`, a function at the top level of a module that needs no torch, makes of its arguments.

        Raises what it raises, and WorkerDied if it crashes. Cancelled, it ends the process.
        """
        (made,) = [each async for each in self._answers(Piece(work, args, several=False))]
        return cast("R", made)

    async def each(self, work: Callable[[*A], Iterable[R]], *args: *A) -> AsyncIterator[R]:
        """As `run`, for a function that makes one value after the other."""
        async for made in self._answers(Piece(work, args, several=True)):
            yield cast("R", made)

    def end(self) -> None:
        """Ends the process, whatever it does, and waits until it is gone."""
        self.usable = False
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            # By the thread: it may be reading still, until it finds the end.
            self._thread.submit(_close, process)
        self._thread.shutdown()

    async def _answers(self, piece: Piece) -> AsyncIterator[object]:
        self._process = self._process or _started()
        answers, loop = self._asked(self._process, piece), asyncio.get_running_loop()
        try:
            while (reply := await loop.run_in_executor(self._thread, next, answers, None)) is not None:
                yield reply.value
        except (asyncio.CancelledError, GeneratorExit):
            self.end()
            raise

    def _asked(self, process: "subprocess.Popen[bytes]", piece: Piece) -> Iterator[Value]:
        assert process.stdin is not None
        assert process.stdout is not None
        self.usable = False
        try:
            pickle.dump(piece, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            while isinstance(reply := pickle.load(process.stdout), Value):
                yield reply
        except (BrokenPipeError, EOFError, pickle.UnpicklingError) as error:
            raise WorkerDied(f"the process that worked on it ended with status {process.wait()}") from error
        self.usable = True
        if reply.error is not None:
            raise reply.error


class Benches:
    """As many as there is room for."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._idle: list[Bench] = []

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Bench]:
        """A bench, for as long as the block lasts; waits for one."""
        async with self._room:
            bench = self._idle.pop() if self._idle else Bench()
            try:
                yield bench
            finally:
                if bench.usable and len(self._idle) < KEPT:
                    self._idle.append(bench)
                else:
                    bench.end()

    def close(self) -> None:
        """Ends those that nobody has."""
        while self._idle:
            self._idle.pop().end()


def _close(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kinoform.serving.worker"]
    # In a session of its own: Ctrl-C in a terminal is for the service to handle.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
