"""Pictures inside mesh files."""

import numpy as np

from kinoform.media.image import load_rgb, probe_image
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Picture


def picture(data: bytes, limits: MeshLimits) -> Picture:
    """A PNG, JPEG or WebP picture. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    probe_image(data, max_pixels=limits.max_texture_pixels, max_bytes=limits.max_bytes)
    return load_rgb(data)


def resized(image: Picture, like: Picture) -> Picture:
    """The nearest pixels of one picture at the size of another."""
    rows = np.arange(like.shape[0]) * image.shape[0] // like.shape[0]
    columns = np.arange(like.shape[1]) * image.shape[1] // like.shape[1]
    return image[rows][:, columns]


def orm_of(occlusion: Picture | None, roughness: Picture | None, metallic: Picture | None) -> Picture | None:
    """Red of the first, green of the second, blue of the third, at the largest one's size; 255 where there is none."""
    channels = (occlusion, roughness, metallic)
    there = [channel for channel in channels if channel is not None]
    if not there:
        return None
    orm = np.full(max(there, key=np.size).shape, 255, np.uint8)
    for index, channel in enumerate(channels):
        if channel is not None:
            orm[..., index] = resized(channel, orm)[..., index]
    return orm
