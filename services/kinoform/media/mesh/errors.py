"""Errors of the mesh readers and writers, beside those of all media."""

from kinoform.media.errors import MediaError


class BadMesh(MediaError):
    """A mesh or a name that cannot be written. The caller's mistake."""


class WorkerDied(MediaError):
    """The process that worked on a file ended without an answer, not through the file's fault. Try it again."""
