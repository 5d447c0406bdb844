"""Pictures in sRGB, whatever their embedded profile says of their numbers."""

import io
from functools import cache
from typing import Any

from PIL import Image, ImageCms


def in_srgb(image: Image.Image) -> Image.Image:
    """The picture by its ICC profile in sRGB: RGB, or RGBA where it has transparency. Without a profile, or with one
    that is broken or of other channels than the picture, its numbers count as sRGB already.

    Perceptual intent, as the ICC's default for photographs.
    """
    transparent = image.has_transparency_data
    plain = _unpaletted(image, transparent)
    if profile := image.info.get("icc_profile"):
        try:
            return _by_profile(plain, profile, transparent)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return plain.convert("RGBA" if transparent else "RGB")
    return plain.convert("RGBA" if transparent else "RGB")


def _unpaletted(image: Image.Image, transparent: bool) -> Image.Image:
    if image.mode in ("P", "1", "PA"):
        return image.convert("RGBA" if transparent else "RGB")
    return image


def _by_profile(image: Image.Image, profile: bytes, transparent: bool) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if not transparent:
        return _converted(image, source)
    alpha = image.convert("RGBA").getchannel("A")
    # Colours alone: the alpha is no colour.
    made = _converted(image.convert("L" if image.mode.startswith("L") else "RGB"), source)
    made.putalpha(alpha)
    return made


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    made = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
    assert made is not None  # it is only in place that nothing comes back
    return made


@cache
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")
