"""What all the demo's chapters have in common: where they are made, and what comes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinoform_client.sync.client import Client
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import Event, Model


class View(Protocol):
    """Shows how far a job is."""

    def show(self, event: Event) -> None:
        """Takes one event."""

    def done(self, text: str) -> None:
        """The job has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Where the demo is made."""

    client: Client
    output: Path
    steps: int | None
    """Denoising steps; the model's default if None."""
    view: Callable[[str], View]
    """A view of the job with this caption."""

    def again(self, model: Model, seed: int) -> str:
        """Options with which the command line makes the same thing again."""
        named = "" if model.is_default else f" --model {model.name}"
        return f"--seed {seed}" + named + ("" if self.steps is None else f" --steps {self.steps}")

    def finish(self, job: JobHandle, view: View) -> None:
        """Follows a job to its good end. Raises JobFailedError or JobCancelledError."""
        for event in job.watch():
            view.show(event)
        job.result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Everything of one kind that was made, ready to be shown."""

    title: str
    """`2 meshes`."""
    model: Model | None
    """None for what needs no model."""
    figures: tuple[str, ...]
    """HTML, one for each thing made."""
    files: tuple[Path, ...]
    films: tuple[tuple[Path, str], ...]
    """Rows of the contact sheet: a clip and its caption."""
    command: str
    """Makes the first one again."""


def counted(count: int, noun: str) -> str:
    """`2 meshes`. noun: in the singular."""
    plural = {"mesh": "meshes"}.get(noun, f"{noun}s")
    return f"{count} {noun if count == 1 else plural}"
