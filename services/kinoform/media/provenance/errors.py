"""Errors of signing."""


class ProvenanceError(Exception):
    """Root of them. A file that cannot be signed is not delivered unsigned."""


class BadIdentity(ProvenanceError):
    """A key or certificate that nothing can be signed with. Give another."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        """`signing key` or `signing certificate`."""
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class NotSigned(ProvenanceError):
    """The C2PA library refused a file of ours, or its timestamping authority did not answer."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name} could not be signed: {self.reason}"


class BadTrustAnchors(ProvenanceError):
    """A file of trust anchors that holds none, or something else. Give another."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"trust anchors {self.path}: {self.reason}"
