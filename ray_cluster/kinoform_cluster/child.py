"""A process of the suite: started, watched, stopped."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from kinoform_cluster.processes import die_with_parent

LAST_WORDS = 2000
"""Characters of a log that an error quotes."""


class Child:
    """A process that can be started again after it ended. It writes to its log and dies with this process."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pids(self) -> set[int]:
        """Its process id, while there is one."""
        return {self._process.pid} if self._process is not None and self._process.returncode is None else set()

    async def start(self) -> None:
        """Starts the process, in a session of its own: Ctrl-C in a terminal is for this process alone to handle."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self._environment,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )

    async def ended(self) -> int:
        """Waits for its end; the exit status, negative for a signal."""
        return 0 if self._process is None else await self._process.wait()

    async def stop(self, *, grace_s: float) -> None:
        """SIGTERM, and SIGKILL after `grace_s`."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-LAST_WORDS:].strip()
