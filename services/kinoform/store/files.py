"""Whole files on any file system that fsspec knows: each is there completely, or not at all."""

import errno
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from kinoform.store.errors import NotFound, StoreFull, StoreUnavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ABANDONED_S = 24 * 3600


class Files:
    """Files below one root. Paths are relative, with slashes. Raises StoreFull and StoreUnavailable everywhere."""

    def __init__(self, url: str) -> None:
        """url: a local folder, or any fsspec URL (s3://bucket/prefix, memory://name, …)."""
        # Another process may write what this one has listed.
        self._fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        self._root = root.rstrip("/")
        self._local = isinstance(self._fs, LocalFileSystem)
        if self._local:
            self._drop_abandoned()

    @property
    def place(self) -> str:
        """The root, as a whole URL."""
        return str(self._fs.unstrip_protocol(self._root))

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a file durably, in the place of the one that is there."""
        with _typed_errors(path):
            if self._local:
                self._write_local(Path(self._full(path)), chunks)
            else:
                # Object stores, and fsspec's memory, show a file only when it is closed.
                with self._fs.open(self._full(path), "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)

    def open(self, path: str, offset: int = 0) -> BinaryIO:
        """The file, opened for reading at an offset in bytes. Raises NotFound."""
        with _typed_errors(path):
            file = cast(BinaryIO, self._fs.open(self._full(path), "rb"))
            file.seek(offset)
            return file

    def size(self, path: str) -> int | None:
        """Size in bytes, None when there is no such file."""
        with _typed_errors(path):
            try:
                return int(self._fs.info(self._full(path))["size"])
            except FileNotFoundError:
                return None

    def sizes(self, folder: str) -> dict[str, int]:
        """Names and sizes of the files in a folder; empty when there is none."""
        with _typed_errors(folder):
            try:
                entries = self._fs.ls(self._full(folder), detail=True)
            except FileNotFoundError:
                return {}
        return {entry["name"].rsplit("/", 1)[-1]: int(entry["size"]) for entry in entries if entry["type"] == "file"}

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder; empty when there is none."""
        with _typed_errors(folder):
            try:
                entries = self._fs.ls(self._full(folder), detail=True)
            except FileNotFoundError:
                return []
        return [entry["name"].rstrip("/").rsplit("/", 1)[-1] for entry in entries if entry["type"] == "directory"]

    def written_at(self, path: str) -> float:
        """When a file was written, in seconds since 1970. Raises NotFound."""
        with _typed_errors(path):
            return float(self._fs.modified(self._full(path)).timestamp())

    def walk(self, folder: str) -> Iterator[tuple[str, int, float]]:
        """Name, size in bytes, and time of writing of every file in a folder and those below; empty without one."""
        with _typed_errors(folder):
            found = self._fs.find(self._full(folder), detail=True)
        for path, info in found.items():
            with suppress(NotFound):  # it went meanwhile
                yield path.rsplit("/", 1)[-1], int(info["size"]), self.written_at(path.removeprefix(f"{self._root}/"))

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all in it; does nothing when it is gone already."""
        with _typed_errors(path), suppress(FileNotFoundError):
            self._fs.rm(self._full(path), recursive=True)

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _write_local(self, path: Path, chunks: Iterable[bytes]) -> None:
        half_written = Path(self._full("tmp")) / uuid.uuid4().hex
        half_written.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with half_written.open("wb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            half_written.replace(path)
        finally:
            half_written.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _drop_abandoned(self) -> None:
        for path in Path(self._full("tmp")).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _typed_errors(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(path) from error
    except OSError as error:
        detail = f"{path}: {error}"
        raise (StoreFull(detail) if error.errno in _FULL else StoreUnavailable(detail)) from error
