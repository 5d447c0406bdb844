"""Errors of readers and writers of media."""


class MediaError(Exception):
    """Root of all errors that the media readers and writers raise on purpose."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaTooLarge(MediaError):
    """More bytes or pixels than allowed; decided before anything is decoded. Send a smaller one."""


class MediaCorrupt(MediaError):
    """Truncated or damaged. Send it again, whole."""


class MediaUnsupported(MediaError):
    """A kind of file, or a kind of picture, that is not taken here."""


class BadFrames(MediaError):
    """Frames that cannot be written: of a wrong shape or type, or none."""


class NothingInFront(MediaError):
    """A picture in which there is nothing of what shall be taken from it. Send another."""
