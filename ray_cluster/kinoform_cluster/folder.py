"""The data folder: what lies where, and whose it is."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kinoform_cluster.errors import FolderInUse


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Places below the data folder."""

    root: Path

    @property
    def assets(self) -> Path:
        """The asset store."""
        return self.root / "assets"

    @property
    def database(self) -> Path:
        """The job store, unless it is elsewhere."""
        return self.root / "jobs.db"

    @property
    def token_file(self) -> Path:
        """The secret that gateway and services share."""
        return self.root / "engine-token"

    @property
    def signing(self) -> Path:
        """The development certificate, for those who name none of their own."""
        return self.root / "signing"

    @property
    def ray_token_file(self) -> Path:
        """The secret of Ray's own processes: their ports listen on every interface."""
        return self.root / "ray-token"

    @property
    def logs(self) -> Path:
        """What the processes of the suite write."""
        return self.root / "logs"


@contextmanager
def occupied(root: Path) -> Iterator[DataFolder]:
    """The folder made ready and held by this process alone. Raises FolderInUse; OSError if it can't be written."""
    folder = DataFolder(root)
    for path in (root, folder.assets, folder.logs):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise FolderInUse(str(root), lock.read().strip()) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        for path in (folder.token_file, folder.ray_token_file):
            _ensure_token(path)
        yield folder


def _ensure_token(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
