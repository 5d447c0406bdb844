"""Uploads and downloads over broken connections: where they stand, and whether the bytes are right."""

import hashlib

import google_crc32c

from kinoform_client.errors import ChecksumError, DataLossError, ErrorDetails, KinoformError, UnavailableError
from kinoform_proto.asset.v1 import asset_pb2

CHUNK = 1 << 20
_FRUITLESS = 3


def checksum(data: bytes) -> int:
    """CRC-32C of the bytes."""
    return int(google_crc32c.value(data))


def chunk_at(offset: int, data: bytes) -> asset_pb2.Chunk:
    """The chunk with its place and checksum."""
    return asset_pb2.Chunk(offset=offset, data=data, crc32c=checksum(data))


class Download:
    """A file on its way here. `offset` bytes have arrived and are right, as far as chunks can tell."""

    def __init__(self, name: str, *, size_bytes: int, sha256: str) -> None:
        self._name = name
        self.size_bytes = size_bytes
        self._sha256 = sha256
        self._hash = hashlib.sha256()
        self._damaged = 0
        self.offset = 0
        self.untouched = True
        """Every byte came over the wire, none was left by an earlier try."""

    @property
    def complete(self) -> bool:
        """Every byte is here."""
        return self.offset == self.size_bytes

    def request(self) -> asset_pb2.DownloadAssetRequest:
        """Asks for the rest."""
        return asset_pb2.DownloadAssetRequest(name=self._name, offset=self.offset)

    def have(self, data: bytes) -> None:
        """Takes bytes that an earlier try has left."""
        self.untouched = False
        self._add(data)

    def accept(self, chunk: asset_pb2.Chunk) -> bytes:
        """The chunk's bytes. Raises ChecksumError if they are damaged or not the next ones."""
        if chunk.offset != self.offset or checksum(chunk.data) != chunk.crc32c:
            raise self._wrong(f"the chunk at {self.offset} is damaged")
        if self.offset + len(chunk.data) > self.size_bytes:
            raise self._wrong(f"more than {self.size_bytes} bytes came")
        self._damaged = 0
        self._add(chunk.data)
        return chunk.data

    def fruitless(self, error: ChecksumError) -> KinoformError:
        """A chunk was damaged on its way: the error to retry with, or the error itself when it keeps happening."""
        self._damaged += 1
        return error if self._damaged >= _FRUITLESS else UnavailableError(error.message, error.details)

    def verify(self) -> None:
        """Raises ChecksumError if the whole is not what was stored."""
        if self._hash.hexdigest() != self._sha256:
            raise self._wrong("the SHA-256 of what came differs from the stored file's")

    def _add(self, data: bytes) -> None:
        self._hash.update(data)
        self.offset += len(data)

    def _wrong(self, what: str) -> ChecksumError:
        return ChecksumError(f"{self._name}: {what}", ErrorDetails(code="DATA_LOSS", reason="CHECKSUM_MISMATCH"))


class Upload:
    """A file on its way to the server, which has `committed` bytes of it."""

    def __init__(self, name: str, *, size_bytes: int, committed: int) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.committed = committed
        self._fruitless = 0

    def advanced(self, committed: int) -> bool:
        """Takes the server's word of how far it is; True if that is further than before."""
        further = committed > self.committed
        self.committed = committed
        return further

    def broken(self, error: KinoformError) -> KinoformError:
        """The stream ended early: an error to retry with, or the error itself when going on is no use.

        Damaged or misplaced chunks are sent again from the committed offset, but not for ever.
        """
        if isinstance(error, UnavailableError):
            return error
        self._fruitless += 1
        again = isinstance(error, DataLossError) or error.code in ("ABORTED", "OUT_OF_RANGE")
        if not again or self._fruitless >= _FRUITLESS:
            return error
        return UnavailableError(error.message, error.details)
