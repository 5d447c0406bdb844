"""The picture that a job starts from: `--image` as it is, `--condition` prepared first."""

import re
from dataclasses import dataclass
from typing import Annotated

import typer

from kinoform_client._core.conditionings import KINDS
from kinoform_client._core.requests import CONDITIONING_NAME
from kinoform_client.cli.options import parse_kind
from kinoform_client.cli.places import stem_of
from kinoform_client.cli.reach import parse_view
from kinoform_client.cli.session import note
from kinoform_client.clip_conditions import Steps
from kinoform_client.conditions import ConditionKind
from kinoform_client.errors import invalid
from kinoform_client.sync.client import Client
from kinoform_client.sync.inputs import PictureInput

Condition = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=FILE[:STRENGTH[:FROM-TO]]",
        help=f"Picture, prepared first: {', '.join(KINDS)}; or a conditioning's name. STRENGTH is 0 to 2, FROM-TO "
        "shares of the steps: 0-0.5.",
    ),
]
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class JobPicture:
    """A file or a stored picture; with a kind, what is to be taken from it; or a conditioning, by its name."""

    source: str
    kind: ConditionKind | None = None
    prepared: bool = False
    """It is a conditioning already."""
    strength: float | None = None
    steps: Steps | None = None

    def given(self, client: Client, priority: int) -> PictureInput:
        """What the job is given. Has the picture prepared; the job waits for it, so it is as urgent as the job."""
        if self.prepared:
            return client.conditionings.get(self.source)
        if self.kind is None:
            return self.source
        handle = client.conditionings.create(self.kind, self.source, priority=priority)
        note(f"{self.kind} of {self.source}: {handle.name}")
        return handle

    def stem(self, fallback: str) -> str:
        """The stem of a file's name for what is made of it."""
        return fallback if self.prepared else stem_of(self.source, fallback)


def job_picture(image: str | None, conditions: list[str] | None) -> JobPicture | None:
    """What the two options say. Raises InvalidArgumentError, naming the option."""
    if not conditions:
        return None if image is None else JobPicture(image)
    if image is not None:
        raise invalid("--condition", "gives the job its picture, as --image does: leave one of them away")
    if len(conditions) > 1:
        raise invalid("--condition", f"may be given once; got {' and '.join(conditions)}")
    return _prepared(conditions[0])


def is_prepared(text: str) -> bool:
    """Whether it is a conditioning's name, or its fingerprint alone."""
    return bool(CONDITIONING_NAME.fullmatch(text) or _FINGERPRINT.fullmatch(text))


def _prepared(condition: str) -> JobPicture:
    if is_prepared(condition):
        return JobPicture(condition, prepared=True)
    kind, equals, file = condition.partition("=")
    if not equals or not file:
        raise invalid("--condition", f"must be KIND=FILE, or a conditioning's name; got {condition!r}")
    taken, view = parse_kind("--condition", kind), parse_view("--condition", file)
    return JobPicture(str(view.picture), taken, strength=view.strength, steps=view.steps)
