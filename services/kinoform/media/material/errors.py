"""Errors of the material readers and writers, beside those of all media."""

from kinoform.media.errors import MediaError


class BadMaterial(MediaError):
    """Maps that are no material: of wrong shapes, types or sizes. The caller's mistake."""


class PictureTooSmall(MediaError):
    """A picture with too few pixels to make a material of. Send a larger one."""
