"""Stills, and zip files of stills."""

import numpy as np
from numpy.typing import NDArray

from kinoform.media.errors import MediaError, MediaUnsupported
from kinoform.media.footage.reel import Bounds, Footage, Reel
from kinoform.media.image import load_rgb
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.limits import MeshLimits

_INFLATED = 512 << 20
_LITTER = 64
"""Files that are no frames, which finders and explorers leave behind."""
_PNG = b"\x89PNG\r\n\x1a\n"


def read_still(data: bytes, bounds: Bounds) -> Footage:
    """A PNG, JPEG or WebP picture as a clip of one frame. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    reel = Reel(1, bounds)
    reel.add(load_rgb(data))
    return reel.footage(None)


def read_frames(data: bytes, bounds: Bounds) -> Footage:
    """The PNG pictures in a zip file, by name. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    archive = Archive(data, MeshLimits(max_members=bounds.max_frames + _LITTER, max_inflated_bytes=_INFLATED))
    names = sorted(name for name in archive.names if not _is_litter(name))
    reel = Reel(len(names), bounds)
    for name in names:
        if not (picture := archive.read(name)).startswith(_PNG):
            raise MediaUnsupported(f"{name[:80]!r} in a zip file is no PNG picture")
        reel.add(_pixels(name, picture))
    return reel.footage(None)


def _pixels(name: str, picture: bytes) -> NDArray[np.uint8]:
    try:
        return load_rgb(picture)
    except MediaError as error:
        raise type(error)(f"{name[:80]!r}: {error.reason}") from error


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")
