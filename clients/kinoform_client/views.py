"""Pictures that lead a job: how strongly each does, and when."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kinoform_client.clip_conditions import Steps

Picture = TypeVar("Picture", covariant=True)


@dataclass(frozen=True, slots=True)
class View(Generic[Picture]):
    """One of several pictures of the same thing. None leaves the choice to the server."""

    picture: Picture
    """A file's path, its bytes, a stored asset or its name, an output of another job, or a conditioning."""
    strength: float | None = None
    """0 = as if it were not there, 1 = as the model was trained, at most 2."""
    steps: Steps | None = None
    sketch: bool = False
    """It is a line drawing."""
