"""What leads a clip beside its words: defaults, and what the model can't follow."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.resolve.reach import fill_reach, never_acts
from kinoform.models.card import VideoCard
from kinoform_proto.video.v1.video_pb2 import VideoSpec

REPAINT = "repaint"
ONCE = {"last_frame": "a clip ends once", "palette": "a clip takes one picture's colours"}
"""Kinds of which there may be but one, and why."""


def fill_conditions(spec: VideoSpec) -> None:
    """Fill in what every condition leaves open."""
    if spec.HasField("image"):
        fill_reach(spec.image_reach)
    for condition in spec.conditions:
        fill_reach(condition.reach)


def condition_violations(spec: VideoSpec, card: VideoCard) -> Iterator[Violation]:
    """What is wrong with a filled spec's conditions."""
    steps = min(spec.sampling.steps, card.ranges.max_steps)
    if spec.HasField("image"):
        yield from never_acts("spec.image_reach", spec.image_reach, steps)
    elif spec.HasField("image_reach"):
        yield Violation("spec.image_reach", "belongs to an image, and there is none")
    kinds = [condition.WhichOneof("kind") or "" for condition in spec.conditions]
    for number, (kind, condition) in enumerate(zip(kinds, spec.conditions, strict=True)):
        path = f"spec.conditions[{number}]"
        if kind not in card.conditions:
            yield Violation(f"{path}.{kind}", _unknown(card, kind))
        elif kind in ONCE and kind in kinds[:number]:
            yield Violation(f"{path}.{kind}", ONCE[kind])
        yield from never_acts(f"{path}.reach", condition.reach, steps)
    if spec.HasField("repaint"):
        if REPAINT not in card.conditions:
            yield Violation("spec.repaint", _unknown(card, REPAINT))
        elif spec.HasField("image"):
            yield Violation("spec.repaint", "says itself what the first frame shows: leave image away")


def _unknown(card: VideoCard, kind: str) -> str:
    known = ", ".join(card.conditions)
    return f"{card.name} takes {known}, and no {kind}" if known else f"{card.name} takes no {kind}"
