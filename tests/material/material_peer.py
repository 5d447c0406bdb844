"""Requests of MaterialService, and a material service with a tiny exact model."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from kinoform.material.build import trade
from kinoform.models.card import MaterialCard, MaterialLimits, ModelCard
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.models.registry import Registration
from kinoform.serving.models import Models
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest, MaterialSpec
from tests.material.wave_family import WaveFamily
from tests.serving.peer import Served, served

STEPS = 6


def tiny_material_card(name: str = "tiny") -> MaterialCard:
    """What the wave family can do."""
    return ModelCard(
        name=name,
        display_name=name,
        family="grain-mini",
        version="0",
        description="Waves.",
        license="Apache-2.0",
        limits=("Makes waves.",),
        ranges=MaterialLimits(sizes=(64,), default_size=64, default_steps=STEPS, default_guidance=1.0, text_tokens=32),
        batch_exact=True,
        image_input=False,
    )


def tiny_materials() -> Models[MaterialRequest, TileMaps]:
    """Models of materials: `tiny` alone."""
    return Models({"tiny": Registration("tiny", "memory", tiny_material_card())}, lambda _: WaveFamily())


def material_service(assets: Path) -> AbstractAsyncContextManager[Served]:
    """A material service with one model, `tiny`."""
    return served("material", trade(tiny_materials()), assets)


def waves(prompt: str = "waves", *, seed: int = 1, size_m: float | None = None) -> GenerateMaterialRequest:
    """A resolved request."""
    spec = MaterialSpec(model="tiny", size=64, size_m=size_m)
    spec.prompt.text = prompt
    spec.sampling.seed, spec.sampling.steps, spec.sampling.guidance = seed, STEPS, 1.0
    return GenerateMaterialRequest(parent="projects/p", spec=spec)
