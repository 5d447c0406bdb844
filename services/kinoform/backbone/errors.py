"""What can go wrong in the backbone, by what the caller can do about it."""

from __future__ import annotations


class BackboneError(Exception):
    """Base of the backbone's errors."""


class WeightsMissing(BackboneError):
    """A file or package of weights is not there: install or copy it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} not found: {self.remedy}"


class WeightsMismatch(BackboneError):
    """A file of weights is not the one that this release was made for: reinstall it."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(what, expected, found)
        self.what = what
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"{self.what} has SHA-256 {self.found}, expected {self.expected}"


class AttentionUnavailable(BackboneError):
    """The named attention backend does not run here: choose another, or give the machine what it lacks."""

    def __init__(self, backend: str, reason: str, missing: str) -> None:
        super().__init__(backend, reason, missing)
        self.backend = backend
        self.reason = reason
        self.missing = missing

    def __str__(self) -> str:
        return f"attention backend {self.backend!r} does not run here: {self.reason}; missing: {self.missing}"
