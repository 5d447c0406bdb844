"""Local files as ends of a transfer."""

import hashlib
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from kinoform_client._core.media_types import HEAD
from kinoform_client.errors import invalid
from kinoform_client.types import Asset

_BLOCK = 1 << 20


class Source:
    """Bytes to be sent, from a file or from memory. A context manager."""

    def __init__(self, source: bytes | str | os.PathLike[str]) -> None:
        """Reads it once to learn size and SHA-256. Raises InvalidArgumentError if there is nothing to read."""
        self._file: BinaryIO = BytesIO(source) if isinstance(source, bytes) else _opened(Path(source))
        digest = hashlib.sha256()
        self.size_bytes = 0
        self.head = b""
        while block := self._file.read(_BLOCK):
            self.head = self.head or block[:HEAD]
            digest.update(block)
            self.size_bytes += len(block)
        self.sha256 = digest.hexdigest()

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on."""
        self._file.seek(offset)
        return self._file.read(size)

    def __enter__(self) -> "Source":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class PartFile:
    """A download's unfinished file, `<name>.<first digits of its SHA-256>.part`, beside the place it is meant for."""

    def __init__(self, target: Path, sha256: str) -> None:
        self.target = target
        self._path = target.with_name(f"{target.name}.{sha256[:12]}.part")

    def blocks(self) -> Iterator[bytes]:
        """What an earlier try has left, in blocks."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def append(self, data: bytes) -> None:
        """Adds bytes at the end."""
        with self._path.open("ab") as file:
            file.write(data)

    def discard(self) -> None:
        """Forgets it."""
        self._path.unlink(missing_ok=True)

    def commit(self) -> Path:
        """Puts the finished file in its place, at once and whole."""
        with self._path.open("ab") as file:
            os.fsync(file.fileno())
        return self._path.replace(self.target)


def target_path(asset: Asset, path: str | os.PathLike[str]) -> Path:
    """Where to save an asset: `path`, or under its own name within it if that is a folder."""
    target = Path(path)
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
    own = Path(asset.display_name).name
    return target / (own if own not in ("", "..") else asset.name.rpartition("/")[2])


def read_small(source: str | os.PathLike[str], limit: int) -> bytes | None:
    """The file's bytes, or None if it holds more than `limit`. Raises InvalidArgumentError if it can't be read."""
    with _opened(Path(source)) as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def read_head(source: str | os.PathLike[str]) -> bytes:
    """The file's first bytes, HEAD of them. Raises InvalidArgumentError if it can't be read."""
    with _opened(Path(source)) as file:
        return file.read(HEAD)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise invalid("file", f"can't read {path}: {error.strerror}") from error
