"""What leads a clip, as options have it: `--condition KIND=FILE[:STRENGTH[:FROM-TO]]` and `--repaint`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from kinoform_client.cli.job_picture import JobPicture, is_prepared
from kinoform_client.cli.reach import parse_view
from kinoform_client.clip_conditions import ClipCondition, ClipConditionKind, Repaint, Steps
from kinoform_client.conditions import ConditionKind
from kinoform_client.errors import invalid
from kinoform_client.sync.client import Client
from kinoform_client.sync.inputs import PictureInput

PREPARED: Mapping[str, tuple[ConditionKind, ClipConditionKind]] = {
    "edges": (ConditionKind.EDGES, ClipConditionKind.EDGES),
    "soft_edges": (ConditionKind.SOFT_EDGES, ClipConditionKind.EDGES),
    "depth": (ConditionKind.DEPTH, ClipConditionKind.DEPTH),
    "cut_out": (ConditionKind.CUT_OUT, ClipConditionKind.MASK),
}
"""What is taken from a picture or clip first, and what it is to the model."""
AS_IT_IS: Mapping[str, ClipConditionKind] = {
    "last": ClipConditionKind.LAST_FRAME,
    "lines": ClipConditionKind.EDGES,
    "depth_map": ClipConditionKind.DEPTH,
    "mask": ClipConditionKind.MASK,
    "palette": ClipConditionKind.PALETTE,
}
FIRST = "reference"
KINDS = (FIRST, *PREPARED, *AS_IT_IS)

Conditions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=FILE[:STRENGTH[:FROM-TO]]",
        help=f"Prepared first: {FIRST} (the first frame), {', '.join(PREPARED)}; as it is: {', '.join(AS_IT_IS)}; "
        "or a conditioning's name, as the first frame. STRENGTH is 0 to 2, FROM-TO shares of the steps: 0-0.5.",
    ),
]
RepaintOption = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="FILE MASK", help="Keep FILE where MASK is dark, make anew what is white."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition as an option says it."""

    kind: str
    file: str
    strength: float | None = None
    steps: Steps | None = None


@dataclass(frozen=True, slots=True)
class ClipGiven:
    """All that a clip is given beside its words."""

    first: JobPicture | None
    others: tuple[Asked, ...]

    def image(self, client: Client, priority: int) -> PictureInput | None:
        """The first frame; has it prepared where it must be."""
        return None if self.first is None else self.first.given(client, priority)

    def conditions(self, client: Client, priority: int) -> list[ClipCondition[PictureInput]]:
        """The others; has prepared what must be, as urgently as the job that waits for it."""
        return [_condition(client, each, priority) for each in self.others]


def clip_given(image: str | None, conditions: Sequence[str] | None) -> ClipGiven:
    """What the two options say. Raises InvalidArgumentError, naming the option."""
    asked = [_asked(text) for text in conditions or ()]
    firsts = [each for each in asked if each.kind == FIRST]
    if len(firsts) + (image is not None) > 1:
        raise invalid("--condition", f"gives a second first frame: {firsts[-1].file}")
    others = tuple(each for each in asked if each.kind != FIRST)
    if not firsts:
        return ClipGiven(None if image is None else JobPicture(image), others)
    (first,) = firsts
    if is_prepared(first.file):
        return ClipGiven(JobPicture(first.file, prepared=True), others)
    picture = JobPicture(first.file, ConditionKind.REFERENCE, strength=first.strength, steps=first.steps)
    return ClipGiven(picture, others)


def repaint_given(given: tuple[str, str] | None) -> Repaint[PictureInput] | None:
    """What the option says."""
    return None if given is None else Repaint(*given)


def _asked(text: str) -> Asked:
    if is_prepared(text):
        return Asked(FIRST, text)
    named, equals, rest = text.partition("=")
    if not equals or not rest:
        raise invalid("--condition", f"must be KIND=FILE[:STRENGTH[:FROM-TO]], or a conditioning's name; got {text!r}")
    kind = named.replace("-", "_")
    if kind not in KINDS:
        raise invalid("--condition", f"the kind must be one of {', '.join(KINDS)}; got {named!r}")
    view = parse_view("--condition", rest)
    return Asked(kind, str(view.picture), view.strength, view.steps)


def _condition(client: Client, asked: Asked, priority: int) -> ClipCondition[PictureInput]:
    if asked.kind in AS_IT_IS:
        return ClipCondition(AS_IT_IS[asked.kind], asked.file, asked.strength, asked.steps)
    taken, kind = PREPARED[asked.kind]
    source = JobPicture(asked.file, taken).given(client, priority)
    return ClipCondition(kind, source, asked.strength, asked.steps)
