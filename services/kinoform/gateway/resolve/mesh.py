"""Meshes, made and worked on: defaults, and the model's limits."""

from collections.abc import Iterator

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.reach import fill_reach, never_acts
from kinoform.gateway.resolve.resolved import Resolved, step_violations
from kinoform.models.card import MeshCard, MeshLimits
from kinoform_proto.mesh.v1.mesh_pb2 import (
    MESH_FORMAT_GLB,
    MeshDelivery,
    MeshSpec,
    ProcessSpec,
    Relief,
    SurfaceOptions,
    TextureSpec,
)

TEXTURE_SIZE = 1024
"""Edge in pixels of textures that are baked onto stored meshes, or laid on a relief."""
LODS = 1
RELIEF_WIDTH_M = 0.1
RELIEF_RISE, RELIEF_PLATE = 1 / 10, 1 / 40
"""Of the width."""
RELIEF_RESOLUTION = 256
BESIDE_RELIEF = ("relief", "delivery")


def resolve_mesh(spec: MeshSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open; the height stays so, since the model gives it. A relief needs no model.

    Raises BadRequest, NotOffered.
    """
    if spec.HasField("relief"):
        return _resolve_relief(spec, offer)
    card = offer.mesh(spec.model)
    spec.model = card.name
    offer.fill_sampling(spec.sampling, card.ranges)
    if spec.HasField("image"):
        fill_reach(spec.image_reach)
    for view in spec.views:
        fill_reach(view.reach)
    _fill_surface(spec.surface, card.ranges)
    _fill_delivery(spec.delivery)
    return Resolved(kind="mesh", card=card, prompt=spec.prompt.text, violations=tuple(_violations(spec, card)))


def _resolve_relief(spec: MeshSpec, offer: Offer) -> Resolved:
    offer.need("mesh")
    others = [field.name for field, _ in spec.ListFields() if field.name not in BESIDE_RELIEF]
    _fill_relief(spec.relief)
    _fill_delivery(spec.delivery)
    found = tuple(Violation(f"spec.{name}", "has no part in a relief, which no model makes") for name in others)
    return Resolved(kind="mesh", violations=found)


def resolve_process(spec: ProcessSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open. Raises NotOffered."""
    offer.need("mesh")
    spec.repair = spec.repair or spec.close
    _fill_texture_size(spec)
    if not spec.HasField("lods"):
        spec.lods = LODS
    _fill_delivery(spec.delivery)
    return Resolved(kind="mesh")


def resolve_texture(spec: TextureSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open; a tile's edge stays so, since the material has one.

    Raises BadRequest, NotOffered.
    """
    offer.need("mesh")
    _fill_texture_size(spec)
    _fill_delivery(spec.delivery)
    if not spec.HasField("prompt"):
        return Resolved(kind="mesh", violations=tuple(_meaningless(spec)))
    card = offer.material(spec.model)
    spec.model = card.name
    offer.fill_sampling(spec.sampling, card.ranges)
    found = tuple(step_violations(spec.sampling, card.ranges.max_steps))
    return Resolved(kind="mesh", card=card, prompt=spec.prompt.text, violations=found)


def _fill_relief(relief: Relief) -> None:
    if not relief.HasField("width_m"):
        relief.width_m = RELIEF_WIDTH_M
    if not relief.HasField("rise_m"):
        relief.rise_m = RELIEF_RISE * relief.width_m
    if not relief.HasField("plate_m"):
        relief.plate_m = RELIEF_PLATE * relief.width_m
    if not relief.HasField("resolution"):
        relief.resolution = RELIEF_RESOLUTION
    if relief.HasField("colour") and not relief.colour.HasField("texture_size"):
        relief.colour.texture_size = TEXTURE_SIZE


def _fill_surface(surface: SurfaceOptions, ranges: MeshLimits) -> None:
    if not surface.HasField("resolution"):
        surface.resolution = ranges.default_resolution
    if not surface.HasField("triangles"):
        surface.triangles = ranges.default_triangles
    if not surface.HasField("lods"):
        surface.lods = LODS
    if not surface.HasField("texture_size"):
        surface.texture_size = ranges.default_texture_size


def _fill_texture_size(spec: ProcessSpec | TextureSpec) -> None:
    if not spec.HasField("texture_size"):
        spec.texture_size = TEXTURE_SIZE


def _fill_delivery(delivery: MeshDelivery) -> None:
    if not delivery.formats:
        delivery.formats.append(MESH_FORMAT_GLB)


def _violations(spec: MeshSpec, card: MeshCard) -> Iterator[Violation]:
    ranges, resolution = card.ranges, spec.surface.resolution
    if spec.HasField("image") and not card.image_input:
        yield Violation("spec.image", f"{card.name} takes no picture")
    if spec.views and not card.image_input:
        yield Violation("spec.views", f"{card.name} takes no picture")
    yield from step_violations(spec.sampling, ranges.max_steps)
    if spec.sampling.steps <= ranges.max_steps:
        yield from _unled(spec)
    if not ranges.min_resolution <= resolution <= ranges.max_resolution or resolution % ranges.resolution_step:
        rule = f"{ranges.min_resolution} to {ranges.max_resolution}, a multiple of {ranges.resolution_step}"
        yield Violation("spec.surface.resolution", f"must be {rule}, is {resolution}")


def _unled(spec: MeshSpec) -> Iterator[Violation]:
    reaches = {f"spec.views[{place}].reach": view.reach for place, view in enumerate(spec.views)}
    if spec.HasField("image"):
        reaches = {"spec.image_reach": spec.image_reach} | reaches
    elif spec.HasField("image_reach"):
        yield Violation("spec.image_reach", "belongs to an image, and there is none")
    if spec.image_sketch and not spec.HasField("image"):
        yield Violation("spec.image_sketch", "belongs to an image, and there is none")
    for path, reach in reaches.items():
        yield from never_acts(path, reach, spec.sampling.steps)
    if reaches and not spec.prompt.text and not any(reach.strength for reach in reaches.values()):
        yield Violation(f"{next(iter(reaches))}.strength", "must be greater than 0 where there is no prompt")


def _meaningless(spec: TextureSpec) -> Iterator[Violation]:
    # Refused rather than passed over: who chooses a model does not expect that none runs.
    if spec.model:
        yield Violation("spec.model", "belongs to a prompt; a stored material needs no model")
    if spec.sampling.ListFields():
        yield Violation("spec.sampling", "belongs to a prompt; a stored material needs no model")
