"""Materials, from Python's terms to requests."""

from dataclasses import dataclass

from kinoform_client._core.check import Check
from kinoform_client._core.requests import Sampling, Ticket, address, maybe_prompt, sampling_proto
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.type.v1 import type_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A material to be made; None leaves the choice to the server."""

    prompt: str | None = None
    negative_prompt: str = ""
    image: type_pb2.MediaInput | None = None
    model: str = ""
    sampling: Sampling
    size: int | None = None
    size_m: float | None = None


def generate_material(material: Material, ticket: Ticket) -> material_pb2.GenerateMaterialRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(material_pb2.GenerateMaterialRequest(), ticket, check)
    spec = material_pb2.MaterialSpec(
        model=material.model,
        prompt=maybe_prompt(material.prompt, material.negative_prompt, check),
        sampling=sampling_proto(material.sampling, check),
        size=check.maybe("spec.size", material.size),
        size_m=material.size_m,
        image=material.image,
    )
    request.spec.CopyFrom(spec)
    check.finish()
    return request
