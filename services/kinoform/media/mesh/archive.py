"""Zip files from callers: everything is judged by the directory before anything is inflated."""

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.limits import MeshLimits

_END, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 0xFFFF
_LOCATOR_64, _LOCATOR_64_BYTES = b"PK\x06\x07", 20
_LARGEST_ENTRY = 46 + 3 * 1024
_ENCRYPTED = 0x1


class Archive:
    """A zip file whose members are few, bounded in size, not encrypted, not zip files, and named by relative paths."""

    def __init__(self, data: bytes, limits: MeshLimits) -> None:
        """Raises MediaCorrupt, MediaTooLarge, MediaUnsupported."""
        _check_directory(data, limits)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError) as error:
            raise MediaCorrupt(f"a damaged zip file: {error}") from error
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(infos) > limits.max_members:
            raise MediaTooLarge(f"{len(infos)} files in a zip file; at most {limits.max_members} are allowed")
        inflated = sum(info.file_size for info in infos)
        if inflated > limits.max_inflated_bytes:
            raise MediaTooLarge(f"{inflated} bytes when inflated; at most {limits.max_inflated_bytes} are allowed")
        for info in infos:
            _check_member(info)
        self._infos = {info.filename: info for info in infos}
        if len(self._infos) < len(infos):
            raise MediaCorrupt("two files of one name in a zip file")

    @property
    def names(self) -> list[str]:
        """In the directory's order."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """A member's bytes: no more than it declares. Raises MediaCorrupt, MediaUnsupported."""
        try:
            with self._zip.open(self._infos[name]) as member:
                data = member.read(self._infos[name].file_size + 1)  # unbounded, it inflates whatever there is
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error) as error:
            raise MediaCorrupt(f"{name[:80]!r} in a zip file is damaged: {error}") from error
        except NotImplementedError as error:
            raise MediaUnsupported(f"{name[:80]!r} in a zip file: {error}") from error
        if data.startswith(b"PK\x03\x04"):
            raise MediaUnsupported(f"{name[:80]!r}: a zip file in a zip file")
        return data


def is_inside(name: str) -> bool:
    """Whether a path stays in the folder that it starts from, on any system."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and not set(name) & {"\\", ":", "\0"}


def _check_directory(data: bytes, limits: MeshLimits) -> None:
    end = data.rfind(_END, max(0, len(data) - _END_BYTES - _LONGEST_COMMENT))
    if end < 0 or end + _END_BYTES > len(data):
        raise MediaCorrupt("a zip file without a directory")
    if data[max(0, end - _LOCATOR_64_BYTES) : end].startswith(_LOCATOR_64):
        raise MediaUnsupported("a ZIP64 file")
    (directory_bytes,) = struct.unpack_from("<I", data, end + 12)
    if directory_bytes > limits.max_members * _LARGEST_ENTRY:
        raise MediaTooLarge(f"a zip directory of {directory_bytes} bytes for at most {limits.max_members} files")


def _check_member(info: zipfile.ZipInfo) -> None:
    if not is_inside(info.filename):
        raise MediaUnsupported(f"a zip file with a path that leaves it: {info.filename[:80]!r}")
    if info.flag_bits & _ENCRYPTED:
        raise MediaUnsupported(f"{info.filename[:80]!r} in a zip file is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise MediaUnsupported(f"{info.filename[:80]!r} in a zip file: compression {info.compress_type}")
