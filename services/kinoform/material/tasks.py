"""What the material service is asked for."""

from dataclasses import dataclass

from kinoform.models.material import MaterialRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialTask:
    """A material to be generated."""

    model: str
    request: MaterialRequest
    size_m: float | None
    """Edge of the tile; None for the typical one of such a material."""
