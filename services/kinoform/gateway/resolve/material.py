"""Materials: defaults of the model, and its limits."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.resolved import Resolved, too_many_steps
from kinoform.models.card import MaterialLimits
from kinoform_proto.material.v1.material_pb2 import MaterialSpec


def resolve_material(spec: MaterialSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open; a tile's edge stays so, since the model gives it.

    Raises BadRequest, NotOffered.
    """
    card = offer.material(spec.model)
    spec.model = card.name
    offer.fill_sampling(spec.sampling, card.ranges)
    if not spec.HasField("size"):
        spec.size = card.ranges.default_size
    found = tuple(_violations(spec, card.ranges))
    return Resolved(kind="material", card=card, prompt=spec.prompt.text, violations=found)


def _violations(spec: MaterialSpec, ranges: MaterialLimits) -> Iterator[Violation]:
    yield from too_many_steps(spec.sampling, ranges.max_steps)
    if spec.size not in ranges.sizes:
        sizes = ", ".join(str(size) for size in ranges.sizes)
        yield Violation("spec.size", f"must be one of {sizes}, is {spec.size}")
