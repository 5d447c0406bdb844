"""From linear light to what a display shows."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def neutral(colour: Floats) -> Floats:
    """Linear light of any strength to [0, 1]: base colours stay true up to 0.76, highlights roll off and whiten.

    colour: (n, 3), linear Rec. 709. The Khronos PBR Neutral tone mapper
    (github.com/KhronosGroup/ToneMapping, PBR_Neutral).
    """
    start, desaturation = np.float32(0.8 - 0.04), np.float32(0.15)
    least = colour.min(axis=1, keepdims=True)
    offset = np.where(least < 0.08, least - 6.25 * least * least, np.float32(0.04))
    colour = colour - offset
    peak = colour.max(axis=1, keepdims=True)
    depth = 1 - start
    new_peak = 1 - depth * depth / (peak + depth - start)
    over = colour * (new_peak / np.maximum(peak, 1e-6))
    grey = 1 - 1 / (desaturation * (peak - new_peak) + 1)
    return np.where(peak < start, colour, over + (new_peak - over) * grey).astype(np.float32)


def to_srgb(linear: Floats) -> Floats:
    """[0, 1] linear to [0, 1] sRGB (IEC 61966-2-1); what is outside is clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** np.float32(1 / 2.4) - 0.055).astype(
        np.float32
    )


def from_srgb(encoded: Floats) -> Floats:
    """[0, 1] sRGB to [0, 1] linear."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** np.float32(2.4)).astype(
        np.float32
    )
