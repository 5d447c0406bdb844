"""Pictures, meshes and materials given to a request: looked at before the request is accepted."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from kinoform.gateway.conditions import ROLES, Conditions, NotReady, Unusable
from kinoform.gateway.errors import Violation
from kinoform.media.clip_type import CLIP_ENDINGS, clip_type
from kinoform.media.errors import MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.image import probe_image
from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.limits import MeshLimits
from kinoform.store.assets import AssetStore
from kinoform.store.errors import AlreadyExists, NotFound
from kinoform.store.open import Store
from kinoform.store.records import AssetRecord, JobRecord
from kinoform_proto.type.v1.type_pb2 import MediaInput

_ZIP, _ZIP_TYPE = b"PK\x03\x04", "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLimits:
    """How large inputs may be. Anything larger is refused by its record or its header, before it is decoded."""

    picture_bytes: int = 32 * 2**20
    picture_pixels: int = 40_000_000
    picture_side: int = 16_384
    footage_bytes: int = 256 * 2**20
    mesh_bytes: int = 256 * 2**20
    material_bytes: int = 64 * 2**20


class Seen(NamedTuple):
    """What a file is, by its bytes."""

    media_type: str
    ending: str
    """Of its name, without the dot."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of input is judged."""

    max_bytes: int
    judge: Callable[[bytes], Seen]
    """Raises MediaError."""


class Inputs:
    """Judges and stores inputs. All methods block."""

    def __init__(self, store: Store, blobs: AssetStore, limits: InputLimits, clock: Callable[[], int]) -> None:
        self._assets = store.assets
        self._retention = store.retention
        self._conditions = Conditions(store.jobs)
        self._blobs = blobs
        self._clock = clock
        self._looks = _looks(limits)
        self._reading = threading.Lock()

    def violations(self, path: str, given: MediaInput, project: str) -> list[Violation]:
        """What is wrong with the input at that path of a request: `spec.mesh`."""
        if given.WhichOneof("source") == "conditioning":
            return self._unfit(path, given.conditioning, project)
        look = self._look(path)
        if given.WhichOneof("source") == "inline":
            return _broken(f"{path}.inline", given.inline, look)
        field, name = f"{path}.asset", given.asset
        if not name.startswith(f"projects/{project}/"):
            return [Violation(field, f"{name} belongs to another project")]
        try:
            record = self._assets.get(name)
            if self._expired(record):
                return [Violation(field, f"{name} has expired")]
            if record.size > look.max_bytes:
                return [Violation(field, f"{name} has {record.size} bytes; at most {look.max_bytes} are read")]
            with self._reading:  # one at a time: many large files at once would not fit into memory
                return _broken(field, self._blobs.read(record.sha256), look)
        except NotFound:
            return [Violation(field, f"{name} does not exist")]

    def store(self, path: str, data: bytes, project: str) -> str:
        """Keep a sound input as an asset and return its name. The same bytes give the same asset."""
        seen = self._look(path).judge(data)
        blob = self._blobs.put_bytes(data, seen.media_type)
        name = f"projects/{project}/assets/input-{blob.sha256[:40]}"
        record = AssetRecord(
            name=name,
            project=project,
            sha256=blob.sha256,
            size=blob.size,
            media_type=seen.media_type,
            created_at=self._clock(),
            display_name=f"input.{seen.ending}",
        )
        while True:
            try:
                self._assets.create(record, counted=True)
            except AlreadyExists:
                if not self._assets.renew(name, now=record.created_at):
                    continue  # it expired at this very moment
            return name

    def stale(self, conditioning: JobRecord) -> bool:
        """Whether the job that prepared it or a file of it has expired: it must be prepared anew. Raises NotFound."""
        ends = self._retention.of(conditioning.submission.project).job_expires(conditioning.status.ended_at)
        made = [self._assets.get(output.asset) for output in conditioning.status.outputs]
        return self._over(ends) or any(map(self._expired, made))

    def _expired(self, asset: AssetRecord) -> bool:
        return self._over(self._retention.of(asset.project).file_expires(asset.created_at))

    def _over(self, expires: int | None) -> bool:
        return expires is not None and expires <= self._clock()

    def _unfit(self, path: str, name: str, project: str) -> list[Violation]:
        field = f"{path}.conditioning"
        roles = ROLES.get(path.rpartition(".")[2])
        if roles is None:
            return [Violation(field, "is a picture, which is not asked for here")]
        if not name.startswith(f"projects/{project}/"):
            return [Violation(field, f"{name} belongs to another project")]
        try:
            self._assets.get(self._conditions.output(name, roles).asset)
            if self.stale(self._conditions.get(name)):
                return [Violation(field, f"{name} has expired; create it again")]
        except NotReady:  # the job waits for it
            return []
        except (NotFound, Unusable) as error:
            return [Violation(field, str(error))]
        return []

    def _look(self, path: str) -> Look:
        return self._looks[path.rpartition(".")[2]]


def _looks(limits: InputLimits) -> Mapping[str, Look]:
    """By the last part of an input's field path."""
    picture = Look(limits.picture_bytes, partial(_picture, limits))
    footage = Look(limits.footage_bytes, partial(_footage, limits))
    return {
        "image": picture,
        "last_frame": picture,
        "palette": picture,
        "footage": footage,
        "edges": footage,
        "depth": footage,
        "mask": footage,
        "mesh": Look(limits.mesh_bytes, partial(_mesh, limits)),
        "material": Look(limits.material_bytes, partial(_material, limits)),
    }


def _picture(limits: InputLimits, data: bytes) -> Seen:
    pixels, size, side = limits.picture_pixels, limits.picture_bytes, limits.picture_side
    media_type = probe_image(data, max_pixels=pixels, max_bytes=size, max_side=side).media_type
    return Seen(media_type, media_type.removeprefix("image/"))


def _footage(limits: InputLimits, data: bytes) -> Seen:
    # A clip is known by how it begins: decoding one is hostile work, and whoever does it guards himself.
    if len(data) > limits.footage_bytes:
        raise MediaTooLarge(f"{len(data)} bytes; at most {limits.footage_bytes} are allowed")
    clip = clip_type(data)
    if clip is not None:
        return Seen(clip, CLIP_ENDINGS[clip])
    try:
        return _picture(limits, data)
    except MediaUnsupported as error:
        kinds = "PNG, JPEG or WebP picture, and no GIF, MP4, MOV, WebM, Matroska or ZIP file of PNG frames"
        raise MediaUnsupported(f"not a {kinds}") from error


def _mesh(limits: InputLimits, data: bytes) -> Seen:
    info = probe_mesh(data, MeshLimits(max_bytes=limits.mesh_bytes))
    return Seen(info.media_type, "zip" if info.media_type == _ZIP_TYPE else info.format.value)


def _material(limits: InputLimits, data: bytes) -> Seen:
    # No more than this: who unpacks it guards himself.
    if len(data) > limits.material_bytes:
        raise MediaTooLarge(f"{len(data)} bytes; at most {limits.material_bytes} are allowed")
    if not data.startswith(_ZIP):
        raise MediaUnsupported("not a ZIP file as GenerateMaterial writes it")
    return Seen(_ZIP_TYPE, "zip")


def _broken(field: str, data: bytes, look: Look) -> list[Violation]:
    try:
        look.judge(data)
    except MediaError as error:
        return [Violation(field, error.reason)]
    return []
