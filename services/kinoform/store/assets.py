"""The asset store: bytes under the name of their SHA-256, and uploads that can be resumed."""

import hashlib
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kinoform.store.errors import DigestMismatch, NotFound, OffsetMismatch, StoreError
from kinoform.store.files import Files

CHUNK = 1 << 20
FRESH_S = 3600.0
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UPLOAD_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Blob:
    """Stored bytes."""

    sha256: str
    """Lower-case hexadecimal."""
    size: int
    """Bytes."""
    media_type: str


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as it lies in the store."""

    sha256: str
    size: int
    """Bytes."""
    written_at: float
    """Seconds since 1970."""


class AssetStore:
    """Blobs and uploads in a folder or a bucket. May be used from any thread, by any number of processes.

    All methods raise StoreFull and StoreUnavailable; what a method returned survives a crash.
    """

    def __init__(self, url: str) -> None:
        """url: a local folder, or any fsspec URL (s3://bucket/prefix, memory://name, …)."""
        self._files = Files(url)
        self._upload_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def place(self) -> str:
        """Where it is, as a whole URL."""
        return self._files.place

    def put_bytes(self, data: bytes, media_type: str) -> Blob:
        """Store bytes, unless they are there already."""
        blob = Blob(hashlib.sha256(data).hexdigest(), len(data), media_type)
        self._put(blob, iter([data]))
        return blob

    def put_file(self, path: Path, media_type: str) -> Blob:
        """Store a local file's bytes, unless they are there already."""
        with path.open("rb") as file:
            blob = Blob(*_digest(_chunks(file)), media_type)
            file.seek(0)
            self._put(blob, _chunks(file))
        return blob

    def copy(self, source: "AssetStore", sha256: str) -> int:
        """Store a blob of another store, checked, in the place of the one that is here; returns its size.

        Raises NotFound, DigestMismatch: then none is here.
        """
        path = _path(sha256)
        with closing(source.open(sha256)) as file:
            try:
                self._files.write(path, _checked(sha256, _chunks(file)))
            except BaseException:
                with suppress(StoreError):
                    self._files.delete(path)  # some object stores keep what was written until the error
                raise
            return file.tell()

    def open(self, sha256: str, offset: int = 0) -> BinaryIO:
        """A blob's bytes from an offset on, unchecked. Raises NotFound."""
        return self._files.open(_path(sha256), offset)

    def read(self, sha256: str) -> bytes:
        """All of a blob's bytes, checked. Raises NotFound, DigestMismatch."""
        with closing(self.open(sha256)) as file:
            data = file.read()
        _check(f"blob {sha256}", sha256, hashlib.sha256(data).hexdigest())
        return data

    def exists(self, sha256: str) -> bool:
        """Whether a blob is there."""
        return self.size(sha256) is not None

    def size(self, sha256: str) -> int | None:
        """A blob's bytes; None if it is not there."""
        return self._files.size(_path(sha256))

    def verify(self, sha256: str) -> int:
        """Read a blob and check that it still has the digest; returns its size. Raises NotFound, DigestMismatch."""
        with closing(self.open(sha256)) as file:
            found, size = _digest(_chunks(file))
        _check(f"blob {sha256}", sha256, found)
        return size

    def blobs(self) -> Iterator[StoredBlob]:
        """All that are stored, in no order; those that come or go meanwhile are among them or not."""
        for name, size, written_at in self._files.walk("blobs"):
            if _DIGEST.fullmatch(name):
                yield StoredBlob(name, size, written_at)

    def delete(self, sha256: str) -> None:
        """Delete a blob; does nothing when it is gone already. First ask the job store whether it is unreferenced."""
        self._files.delete(_path(sha256))

    def begin_upload(self, upload_id: str) -> None:
        """Make an upload known. upload_id: letters, digits, dots, dashes, underscores. Beginning again is harmless."""
        self._files.write(f"{_folder(upload_id)}/{_BEGUN}", [])

    def append(self, upload_id: str, offset: int, data: bytes) -> int:
        """Add a chunk where the upload stands; returns the bytes committed, which are safe from now on.

        Raises NotFound, OffsetMismatch.
        """
        with self._upload_locks[upload_id]:
            committed = self.committed(upload_id)
            if offset != committed:
                raise OffsetMismatch(upload_id, offset, committed)
            if data:
                self._files.write(f"{_folder(upload_id)}/{offset:020d}", [data])
        return committed + len(data)

    def committed(self, upload_id: str) -> int:
        """Bytes that the upload has so far: where the next chunk begins. Raises NotFound."""
        return sum(self._parts(upload_id).values())

    def finish(self, upload_id: str, media_type: str, *, sha256: str | None = None, size: int | None = None) -> Blob:
        """Turn the upload into a blob. sha256, size: what they must be, if known.

        Raises NotFound, DigestMismatch; after a DigestMismatch the upload is still there. The upload is kept on
        success too, so that finishing can be repeated after a crash: `abort` removes it.
        """
        parts = [f"{_folder(upload_id)}/{name}" for name in sorted(self._parts(upload_id))]
        blob = Blob(*_digest(self._concatenated(parts)), media_type)
        if size is not None:
            _check(f"upload {upload_id}", f"{size} bytes", f"{blob.size} bytes")
        if sha256 is not None:
            _check(f"upload {upload_id}", sha256, blob.sha256)
        self._put(blob, self._concatenated(parts))
        return blob

    def abort(self, upload_id: str) -> None:
        """Forget an upload and its bytes; does nothing when it is gone already."""
        self._files.delete(_folder(upload_id))
        self._upload_locks.pop(upload_id, None)

    def _put(self, blob: Blob, chunks: Iterator[bytes]) -> None:
        # One that lies there for long is written anew: whoever sweeps old blobs must see that it is wanted again.
        path = _path(blob.sha256)
        if self._files.size(path) != blob.size or time.time() - self._files.written_at(path) > FRESH_S:
            self._files.write(path, chunks)

    def _parts(self, upload_id: str) -> dict[str, int]:
        found = self._files.sizes(_folder(upload_id))
        if _BEGUN not in found:
            raise NotFound(f"upload {upload_id}")
        del found[_BEGUN]
        return found

    def _concatenated(self, paths: list[str]) -> Iterator[bytes]:
        for path in paths:
            with closing(self._files.open(path)) as file:
                yield from _chunks(file)


def _path(sha256: str) -> str:
    if not _DIGEST.fullmatch(sha256):
        raise NotFound(f"blob {sha256}")
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _folder(upload_id: str) -> str:
    if not _UPLOAD_ID.fullmatch(upload_id) or set(upload_id) == {"."}:
        raise NotFound(f"upload {upload_id}")
    return f"uploads/{upload_id}"


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _digest(chunks: Iterator[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _checked(sha256: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    _check(f"blob {sha256}", sha256, digest.hexdigest())


def _check(name: str, expected: str, found: str) -> None:
    if expected != found:
        raise DigestMismatch(name, expected, found)
