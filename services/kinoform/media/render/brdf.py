"""How surfaces answer light: glTF 2.0's metallic-roughness model (appendix B) under prefiltered light."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kinoform.media.render.environment import Environment

Floats = npt.NDArray[np.float32]

_TABLE = 48
_SAMPLES = 256
_DIELECTRIC = np.float32(0.04)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What n rays hit, as a shader sees it. Directions point away from the surface."""

    normals: Floats
    """(n, 3) with the normal map's relief, towards the viewer's side."""
    views: Floats
    """(n, 3) unit vectors to the viewer."""
    base: Floats
    """(n, 3) linear base colour."""
    roughness: Floats
    """(n,) perceptual, in [0, 1]."""
    metallic: Floats
    """(n,) in [0, 1]."""
    occlusion: Floats
    """(n,) in [0, 1]; 1 is open."""

    @property
    def mirrored(self) -> Floats:
        """(n, 3) where a mirror would show from."""
        return 2 * np.einsum("ij,ij->i", self.normals, self.views)[:, None] * self.normals - self.views


def reflected(surface: Surface, environment: Environment, key_visible: Floats, floor_lit: Floats) -> Floats:
    """(n, 3) radiance to the viewer. key_visible: (n,) in [0, 1], the share of the key light that is not shadowed;
    floor_lit: (n,) in [0, 1], the share of the floor's light where the mirrored view meets it.

    Specular by the split sum (Karis 2013) with multiple scattering (Fdez-Agüera 2019, JCGT 8-1): white surfaces, metal
    or not, return exactly what they receive.
    """
    n, v = surface.normals, surface.views
    facing = np.clip(np.einsum("ij,ij->i", n, v), 1e-3, 1)
    mirrored = surface.mirrored
    alpha = surface.roughness**2
    open_, visible = surface.occlusion[:, None], key_visible[:, None]
    glossy_open = _specular_occlusion(facing, surface.occlusion, alpha)[:, None]
    diffuse_light = environment.ambient_irradiance(n) * open_ + environment.key_irradiance(n) * visible
    glossy_light = environment.ambient(mirrored, alpha, floor_lit) * glossy_open
    glossy_light += environment.key_light(mirrored, alpha) * visible

    metallic = surface.metallic[:, None]
    f0 = _DIELECTRIC + metallic * (surface.base - _DIELECTRIC)
    scale, bias = split_sum(facing, surface.roughness)
    single = f0 * scale[:, None] + bias[:, None]
    lost = (1 - scale - bias)[:, None]
    mean_fresnel = f0 + (1 - f0) / 21
    multiple = single * mean_fresnel / (1 - lost * mean_fresnel) * lost
    albedo = surface.base * (1 - metallic)
    return single * glossy_light + (multiple + albedo * (1 - single - multiple)) * diffuse_light


def split_sum(facing: Floats, roughness: Floats) -> tuple[Floats, Floats]:
    """The scale and bias of F0 in a GGX surface's directional albedo. facing: (n,) cosine to the viewer."""
    table = _split_sum_table()
    x = np.clip(facing * _TABLE - np.float32(0.5), 0, _TABLE - 1)
    y = np.clip(roughness, 0, 1) * (_TABLE - 1)
    i, j = np.minimum(x.astype(np.int64), _TABLE - 2), np.minimum(y.astype(np.int64), _TABLE - 2)
    s, t = (x - i)[:, None], (y - j)[:, None]
    near = table[j, i] * (1 - s) + table[j, i + 1] * s
    far = table[j + 1, i] * (1 - s) + table[j + 1, i + 1] * s
    scale, bias = (near * (1 - t) + far * t).T
    return scale, bias


def _specular_occlusion(facing: Floats, occlusion: Floats, alpha: Floats) -> Floats:
    """Lagarde and de Rousiers 2014, Moving Frostbite to PBR, listing 26."""
    return np.clip((facing + occlusion) ** np.exp2(-16 * alpha - 1) - 1 + occlusion, 0, 1)


@lru_cache(maxsize=1)
def _split_sum_table() -> Floats:
    """(roughness, facing, 2), by importance sampling with height-correlated Smith shadowing."""
    roughness = np.linspace(0, 1, _TABLE)[:, None, None]
    facing = ((np.arange(_TABLE) + 0.5) / _TABLE)[None, :, None]
    index = np.arange(_SAMPLES)
    u, turn = (index + 0.5) / _SAMPLES, 2 * np.pi * ((index * 0.6180339887498949) % 1)
    a2 = roughness**4
    h_z = np.sqrt((1 - u) / (1 + (a2 - 1) * u))
    h_x = np.sqrt(np.maximum(1 - h_z**2, 0)) * np.cos(turn)
    v_h = np.maximum(np.sqrt(1 - facing**2) * h_x + facing * h_z, 1e-9)
    l_z = 2 * v_h * h_z - facing
    lit = np.maximum(l_z, 0)
    smith = lit * np.sqrt(facing**2 * (1 - a2) + a2) + facing * np.sqrt(lit**2 * (1 - a2) + a2)
    weight = np.where(l_z > 0, 2 * lit * v_h / (smith * h_z), 0)
    fresnel = (1 - v_h) ** 5
    return np.stack([((1 - fresnel) * weight).mean(-1), (fresnel * weight).mean(-1)], axis=-1).astype(np.float32)
