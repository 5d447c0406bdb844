"""What a file's Content Credentials (C2PA) say."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kinoform_client.types import Asset


class Signature(StrEnum):
    """Whether a file's credentials hold."""

    UNKNOWN = "unknown"
    """An older server, which does not look."""
    NONE = "none"
    """There are none."""
    INVALID = "invalid"
    """The file or they were changed, or they can't be read."""
    VALID = "valid"
    """Nothing was changed since they were signed, by somebody whom the server does not know."""
    TRUSTED = "trusted"
    """Nothing was changed, and one of the server's trust anchors vouches for the signer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Content Credentials (C2PA) of a file, read back. They say what their signer says."""

    signature: Signature
    credentials: str
    """The asset that they were read from; empty if they are embedded, or there are none."""
    signer: str
    """Common name in the signer's certificate."""
    organization: str
    claim_generator: str
    """The program that signed, with its version."""
    agent: str
    """Who made the content, with its version: `kino-mini 1`."""
    digital_source_type: str
    """A term of IPTC's vocabulary: `trainedAlgorithmicMedia`."""
    failures: tuple[str, ...]
    """What does not hold, in words."""
    signed: datetime | None
    """When, as a timestamping authority attests, UTC; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAsset:
    """A stored file whose bytes are what was stored."""

    asset: Asset
    provenance: Provenance
