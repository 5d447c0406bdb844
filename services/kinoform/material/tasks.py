"""What the material service is asked for."""

from dataclasses import dataclass

from kinoform.models.material import MaterialRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateTask:
    """A material to be generated from words."""

    model: str
    request: MaterialRequest
    size_m: float | None
    """Edge of the tile; None for the typical one of such a material."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureTask:
    """A material to be made of a picture."""

    image: str
    """SHA-256 of the picture's file in the asset store."""
    name: str
    """In words; empty if nobody named it."""
    size: int
    """Edge of the maps in pixels."""
    size_m: float
    relief_m: float
    """Metres from the lowest to the highest place, as is usual."""
    metal: bool


MaterialTask = GenerateTask | CaptureTask
