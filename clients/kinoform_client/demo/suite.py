"""The suite as a child process."""

import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from kinoform_client.errors import InternalError

_START_S = 600.0
_STOP_S = 90.0
_READY = "ready "


class Suite:
    """Runs `kinoform serve`'s program from entering to leaving. A context manager."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        """Waits until a request would succeed. Raises InternalError, with the end of the log."""
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        too_late = threading.Timer(_START_S, self._process.terminate)
        too_late.start()
        try:
            line = self._process.stdout.readline()
        except BaseException:
            self._stop()
            raise
        finally:
            too_late.cancel()
        if not line.startswith(_READY):
            self._stop()
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise InternalError(f"the suite did not start; the end of {self._log}:\n{tail}")
        self.address = line.removeprefix(_READY).strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
