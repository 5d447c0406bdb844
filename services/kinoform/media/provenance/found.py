"""What reading a file's credentials comes to."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class State(Enum):
    """Whether credentials hold."""

    NONE = "none"
    """There are none."""
    INVALID = "invalid"
    """The file or they were changed, or they can't be read."""
    VALID = "valid"
    """Nothing was changed, by an unknown signer."""
    TRUSTED = "trusted"
    """Nothing was changed, by a signer whom a trust anchor vouches for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the credentials say. Text in them is their signer's: foreign, if the signer is."""

    state: State
    signer: str = ""
    """Common name in the certificate."""
    organization: str = ""
    claim_generator: str = ""
    agent: str = ""
    """Who made the content: the model and its version."""
    digital_source_type: str = ""
    """The vocabulary's term."""
    failures: tuple[str, ...] = ()
    sign_time: datetime | None = None
    """By a timestamping authority."""


NONE = Found(state=State.NONE)
