"""Files that come in, chunk by chunk, and go on where they broke off."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import google_crc32c

from kinoform.gateway import tokens
from kinoform.gateway.errors import BadRequest, ChunkCorrupt, Violation
from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore
from kinoform.store.errors import AlreadyExists, DigestMismatch, NotFound, RequestIdReused
from kinoform.store.records import AssetRecord, RequestKey, UploadRecord
from kinoform.store.upload_records import Uploads
from kinoform_proto.asset.v1.asset_pb2 import Chunk, CreateUploadRequest

_NAMESPACE = uuid.UUID("6f2b8a52-6f0a-4d3e-9f7b-0e1c5c9f3a11")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has come."""

    name: str
    """projects/{p}/uploads/{u}"""
    committed: int
    """Bytes."""
    asset: AssetRecord | None = None
    """Set once it is complete."""


@dataclass(frozen=True, slots=True)
class Uploader:
    """Turns uploads into assets of the same id. All methods block."""

    assets: Assets
    uploads: Uploads
    blobs: AssetStore
    clock: Callable[[], int]
    max_bytes: int

    def create(self, request: CreateUploadRequest) -> Progress:
        """Open an upload, or find the one that the same request opened. Raises BadRequest, RequestIdReused."""
        if request.size_bytes > self.max_bytes:
            description = f"this server takes at most {self.max_bytes} bytes, not {request.size_bytes}"
            raise BadRequest([Violation("size_bytes", description)])
        upload = self._declared(request)
        name = _name(upload)
        done = self._asset(upload.project, upload.id)
        if done is not None:
            _same(done, upload, name)
            return Progress(name, done.size, done)
        self.uploads.create(upload)
        self.blobs.begin_upload(upload.id)
        # Only a file of the same project: else its SHA-256 alone would open a stranger's file to whoever knows it.
        if self.assets.holds(upload.project, upload.sha256 or "") and self.blobs.exists(upload.sha256 or ""):
            self._check_size(upload)
            return Progress(name, request.size_bytes, self._record(upload))
        return self._state(upload)

    def state(self, name: str) -> Progress:
        """How far the upload has come. Raises NotFound."""
        _, project, _, upload_id = name.split("/")
        try:
            return self._state(self._upload(name))
        except NotFound:
            done = self._asset(project, upload_id)
            if done is None:
                raise NotFound(name) from None
            return Progress(name, done.size, done)

    def append(self, name: str, chunk: Chunk) -> None:
        """Add a chunk. Raises NotFound, BadRequest, ChunkCorrupt, OffsetMismatch."""
        if google_crc32c.value(chunk.data) != chunk.crc32c:
            raise ChunkCorrupt(chunk.offset)
        upload = self._upload(name)
        size = upload.size or 0
        if chunk.offset + len(chunk.data) > size:
            raise BadRequest([Violation("chunk.data", f"goes past the declared {size} bytes")])
        self.blobs.append(upload.id, chunk.offset, chunk.data)

    def finish(self, name: str) -> Progress:
        """Make the asset if every byte is there. Raises NotFound, DigestMismatch; the upload begins anew then."""
        progress = self.state(name)
        if progress.asset is not None:
            return progress
        upload = self._upload(name)
        if progress.committed != upload.size:
            return progress
        try:
            self.blobs.finish(upload.id, upload.media_type, sha256=upload.sha256, size=upload.size)
        except DigestMismatch:
            self.blobs.abort(upload.id)
            self.blobs.begin_upload(upload.id)
            raise
        return Progress(name, progress.committed, self._record(upload))

    def _declared(self, request: CreateUploadRequest) -> UploadRecord:
        project = request.parent.removeprefix("projects/")
        return UploadRecord(
            id=str(uuid.uuid5(_NAMESPACE, f"{project}/{request.request_id.lower()}")),
            project=project,
            media_type=request.media_type,
            created_at=self.clock(),
            size=request.size_bytes,
            sha256=request.sha256,
            display_name=request.display_name,
            request_key=RequestKey(id=request.request_id.lower(), fingerprint=tokens.fingerprint(request)),
        )

    def _record(self, upload: UploadRecord) -> AssetRecord:
        asset = AssetRecord(
            name=f"projects/{upload.project}/assets/{upload.id}",
            project=upload.project,
            sha256=upload.sha256 or "",
            size=upload.size or 0,
            media_type=upload.media_type,
            created_at=self.clock(),
            display_name=upload.display_name,
        )
        try:
            self.assets.create(asset)
        except AlreadyExists:  # finished twice at once
            asset = self.assets.get(asset.name)
        self.uploads.delete(upload.id)
        self.blobs.abort(upload.id)
        return asset

    def _check_size(self, upload: UploadRecord) -> None:
        size = self.blobs.verify(upload.sha256 or "")
        if size != upload.size:
            self.uploads.delete(upload.id)
            self.blobs.abort(upload.id)
            raise BadRequest([Violation("size_bytes", f"the file of that SHA-256 has {size} bytes")])

    def _upload(self, name: str) -> UploadRecord:
        _, project, _, upload_id = name.split("/")
        upload = self.uploads.get(upload_id)
        if upload.project != project:  # an id alone must not lead into another project
            raise NotFound(name)
        return upload

    def _asset(self, project: str, upload_id: str) -> AssetRecord | None:
        try:
            return self.assets.get(f"projects/{project}/assets/{upload_id}")
        except NotFound:
            return None

    def _state(self, upload: UploadRecord) -> Progress:
        return Progress(_name(upload), self.blobs.committed(upload.id))


def _name(upload: UploadRecord) -> str:
    return f"projects/{upload.project}/uploads/{upload.id}"


def _same(done: AssetRecord, upload: UploadRecord, name: str) -> None:
    made = (done.sha256, done.size, done.media_type, done.display_name)
    if made != (upload.sha256, upload.size, upload.media_type, upload.display_name):
        raise RequestIdReused(upload.request_key.id if upload.request_key else "", name)
