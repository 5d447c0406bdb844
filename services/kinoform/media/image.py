"""Still pictures as they come from callers: judged before they are decoded, then decoded to the end."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from kinoform.media.errors import MediaCorrupt, MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.srgb import in_srgb

__all__ = [
    "ImageInfo",
    "MediaCorrupt",
    "MediaError",
    "MediaTooLarge",
    "MediaUnsupported",
    "load_rgb",
    "load_rgba",
    "probe_image",
]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_BYTES = 64 << 20
MAX_PIXELS = 64_000_000
MAX_SIDE = 16_384
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """A picture that decodes completely. Width and height as shown, that is after the EXIF orientation."""

    width: int
    height: int
    media_type: str


def probe_image(
    data: bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, max_side: int = MAX_SIDE
) -> ImageInfo:
    """Judge a PNG, JPEG or WebP file: first by its declared size, then by decoding all of it.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    if len(data) > max_bytes:
        raise MediaTooLarge(f"{len(data)} bytes; at most {max_bytes} are allowed")
    with _opened(data) as image:
        _check_size(image.width, image.height, max_pixels, max_side)
        image.verify()  # the checksums, which loading leaves unread where it can
    with _opened(data) as image:
        image.load()
        width, height = _shown_size(image)
        return ImageInfo(width, height, _FORMATS[str(image.format)])


def load_rgb(data: bytes) -> "NDArray[np.uint8]":
    """The picture as uint8 (h, w, 3), 0…255, in sRGB by its ICC profile: EXIF orientation applied, transparency over
    white, 16 bits rounded to 8.

    Of an animation, the first frame. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    return _pixels(data, keep_alpha=False)


def load_rgba(data: bytes) -> "NDArray[np.uint8]":
    """As `load_rgb`, but where the picture has transparency (h, w, 4), with straight alpha."""
    return _pixels(data, keep_alpha=True)


def _pixels(data: bytes, *, keep_alpha: bool) -> "NDArray[np.uint8]":
    import numpy as np  # not above: the gateway only probes, and stays small without it

    if len(data) > MAX_BYTES:
        raise MediaTooLarge(f"{len(data)} bytes; at most {MAX_BYTES} are allowed")
    with _opened(data) as image:
        _check_size(image.width, image.height, MAX_PIXELS, MAX_SIDE)
        upright = in_srgb(ImageOps.exif_transpose(_eight_bits(image)))
        if upright.mode == "RGBA" and not keep_alpha:
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
        return np.asarray(upright)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Ours is the limit that counts, checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(_FORMATS)) as image:
                yield image
    except UnidentifiedImageError as error:
        raise MediaUnsupported("not a PNG, JPEG or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise MediaTooLarge("the declared size is far beyond what is allowed") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:  # PIL's ways to say "damaged"
        raise MediaCorrupt(f"the picture is truncated or damaged: {error}") from error


def _check_size(width: int, height: int, max_pixels: int, max_side: int) -> None:
    if max(width, height) > max_side:
        raise MediaTooLarge(f"{width}×{height}; no side may be longer than {max_side} pixels")
    if width * height > max_pixels:
        raise MediaTooLarge(f"{width}×{height} are {width * height} pixels; at most {max_pixels} are allowed")


def _shown_size(image: Image.Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def _eight_bits(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I"):
        return image
    eight = image.convert("F").point(lambda value: value / 257 + 0.5).convert("L")
    eight.info = image.info
    return eight
