"""What a material family is asked for, and what it answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.float32]
"""(n, n) in [0, 1], row 0 on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRequest:
    """A material, resolved: every default filled in and every limit of the model's card already checked."""

    prompt: str
    negative_prompt: str = ""
    size: int
    """Edge of the maps in pixels; a larger edge shows a larger piece of the material, not a finer one."""
    steps: int
    guidance: float
    """Classifier-free guidance scale; 1 is none."""
    seed: int
    """0 to 2**63 - 1."""
    reproducible: bool = False
    """Never share a forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileMaps:
    """A finished tile, whose opposite edges meet."""

    base_colour: npt.NDArray[np.float32]
    """(n, n, 3) sRGB in [0, 1]."""
    roughness: Map
    metallic: Map
    height: Map
    """0 is the deepest place that there could be, 1 the highest."""
    size_m: float
    """Edge of the tile in metres."""
    height_m: float
    """What height 1 rises above height 0, in metres."""
