"""What a mesh family is asked for, and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kinoform.engine.family import Frames
from kinoform.media.surface.field import Field
from kinoform.models.reach import FULL, Reach


class View(NamedTuple):
    """One picture of what is to be made."""

    picture: Frames
    """(h, w, 3) uint8 sRGB of any size, or (h, w, 4) with alpha where it is cut out."""
    reach: Reach = FULL
    sketch: bool = False
    """It is a line drawing: an outline, and whatever lines are within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshRequest:
    """A shape, resolved: every default filled in and every limit of the model's card already checked."""

    prompt: str = ""
    negative_prompt: str = ""
    views: tuple[View, ...] = ()
    """How it looks: pictures of the one thing, each from wherever."""
    steps: int
    guidance: float
    """Classifier-free guidance scale; 1 is none."""
    seed: int
    """0 to 2**63 - 1."""
    reproducible: bool = False
    """Never share a forward pass."""


class SizedField(Field, Protocol):
    """A solid in the cube that knows how large such an object is."""

    @property
    def height_m(self) -> float:
        """Typical height in metres; 0 where there is no solid at all."""
