"""What a file's credentials say of its making."""

from dataclasses import dataclass
from enum import Enum

SIDECAR_TYPE, SIDECAR_ENDING = "application/c2pa", ".c2pa"
"""Of a file of credentials beside the one it is about."""


class Source(Enum):
    """How content came about, in the words of IPTC's Digital Source Type vocabulary, which C2PA prescribes."""

    GENERATED = "trainedAlgorithmicMedia"
    """Made by a model that was trained, whatever led it."""
    BLENDED = "compositeWithTrainedAlgorithmicMedia"
    """Put together of what a model made and what somebody gave."""
    PROCESSED = "algorithmicallyEnhanced"
    """What somebody gave, changed by an algorithm."""
    RENDERED = "algorithmicMedia"
    """Drawn by an algorithm that was not trained on anything: a picture of a mesh."""

    @property
    def uri(self) -> str:
        """The term as manifests name it."""
        return f"http://cv.iptc.org/newscodes/digitalsourcetype/{self.value}"


@dataclass(frozen=True, slots=True)
class Agent:
    """The software that made something."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Who is to be credited with a file. Equal requests have equal credits: no job, no time, no machine."""

    source: Source
    agent: Agent | None = None
    """The model; None where Kinoform itself did it."""
    prompt: str = ""
    """What was asked for in words; signed as its SHA-256 unless prompts are to be shown."""
