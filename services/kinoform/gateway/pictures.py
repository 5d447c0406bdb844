"""Pictures given to a request: looked at before the request is accepted."""

from collections.abc import Callable
from dataclasses import dataclass

from kinoform.gateway.errors import Violation
from kinoform.media.image import ImageInfo, MediaError, probe_image
from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore
from kinoform.store.errors import AlreadyExists, NotFound
from kinoform.store.records import AssetRecord
from kinoform_proto.type.v1.type_pb2 import MediaInput


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How large a picture may be. Anything larger is refused from its header, before it is decoded."""

    max_bytes: int = 32 * 2**20
    max_pixels: int = 40_000_000
    max_side: int = 16_384


@dataclass(frozen=True, slots=True)
class Pictures:
    """Reads and stores input pictures. All methods block."""

    assets: Assets
    blobs: AssetStore
    limits: PictureLimits
    clock: Callable[[], int]

    def violations(self, given: MediaInput, project: str) -> list[Violation]:
        """What is wrong with the picture of `spec.image`."""
        if given.WhichOneof("source") == "inline":
            return self._broken("spec.image.inline", given.inline)
        if not given.asset.startswith(f"projects/{project}/"):
            return [Violation("spec.image.asset", f"{given.asset} belongs to another project")]
        try:
            record = self.assets.get(given.asset)
            if record.size > self.limits.max_bytes:
                description = f"{given.asset} has {record.size} bytes; at most {self.limits.max_bytes} are read"
                return [Violation("spec.image.asset", description)]
            return self._broken("spec.image.asset", self.blobs.read(record.sha256))
        except NotFound:
            return [Violation("spec.image.asset", f"{given.asset} does not exist")]

    def store(self, data: bytes, project: str) -> str:
        """Keep a sound picture as an asset and return its name. The same picture gives the same asset."""
        info = self._probe(data)
        blob = self.blobs.put_bytes(data, info.media_type)
        name = f"projects/{project}/assets/input-{blob.sha256[:40]}"
        record = AssetRecord(
            name=name,
            project=project,
            sha256=blob.sha256,
            size=blob.size,
            media_type=info.media_type,
            created_at=self.clock(),
            display_name=f"input.{info.media_type.removeprefix('image/')}",
        )
        try:
            self.assets.create(record)
        except AlreadyExists:
            return name
        return name

    def _broken(self, field: str, data: bytes) -> list[Violation]:
        try:
            self._probe(data)
        except MediaError as error:
            return [Violation(field, str(error))]
        return []

    def _probe(self, data: bytes) -> ImageInfo:
        limits = self.limits
        return probe_image(data, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes, max_side=limits.max_side)
