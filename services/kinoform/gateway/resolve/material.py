"""Materials, from words and from pictures: defaults, and the model's limits."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.resolved import Resolved, step_violations
from kinoform.models.card import MaterialLimits
from kinoform_proto.material.v1.material_pb2 import MaterialSpec

PICTURE_SIZE = 1024
"""Edge in pixels of maps that are made of a picture."""


def resolve_material(spec: MaterialSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open; a tile's edge stays so, since the model, or what the words name, gives it.

    Raises BadRequest, NotOffered.
    """
    if spec.HasField("image"):
        return _resolve_picture(spec, offer)
    card = offer.material(spec.model)
    spec.model = card.name
    offer.fill_sampling(spec.sampling, card.ranges)
    if not spec.HasField("size"):
        spec.size = card.ranges.default_size
    found = tuple(_violations(spec, card.ranges))
    return Resolved(kind="material", card=card, prompt=spec.prompt.text, violations=found)


def _resolve_picture(spec: MaterialSpec, offer: Offer) -> Resolved:
    offer.need("material")
    if not spec.HasField("size"):
        spec.size = PICTURE_SIZE
    return Resolved(kind="material", violations=tuple(_meaningless(spec)))


def _violations(spec: MaterialSpec, ranges: MaterialLimits) -> Iterator[Violation]:
    yield from step_violations(spec.sampling, ranges.max_steps)
    if spec.size not in ranges.sizes:
        sizes = ", ".join(str(size) for size in ranges.sizes)
        yield Violation("spec.size", f"must be one of {sizes}, is {spec.size}")


def _meaningless(spec: MaterialSpec) -> Iterator[Violation]:
    # Refused rather than passed over: who chooses a model does not expect that none runs.
    if spec.model:
        yield Violation("spec.model", "makes materials from words alone; a picture needs no model")
    if spec.prompt.negative:
        yield Violation("spec.prompt.negative", "steers a model; a picture needs none")
    if spec.sampling.ListFields():
        yield Violation("spec.sampling", "belongs to a model; a picture needs none")
