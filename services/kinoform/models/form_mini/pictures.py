"""Pictures of an object, in the one framing that form-mini knows: cut out, centred, filling most of a small square."""

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

Pixels = npt.NDArray[np.uint8]

VIEW = 64
"""Side of the square in pixels."""
OBJECT = 56
"""Longer side of the object in it."""
BACKDROP = 160
"""Grey level behind the object."""
BORDER_SPREAD = 24
"""A border whose levels lie within this of their median is a backdrop."""
OFF_BACKDROP = 30
"""Pixels that differ from the backdrop by more than this, in one channel, show the object."""


def framed(picture: Pixels) -> Pixels:
    """RGBA (VIEW, VIEW, 4) of a cut-out RGBA picture (h, w, 4): the object centred, its longer side OBJECT pixels.

    Without an opaque pixel the whole picture is taken for the object.
    """
    rows, columns = (np.flatnonzero((picture[..., 3] > 127).any(axis=axis)) for axis in (1, 0))
    if len(rows):
        picture = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = picture.shape[:2]
    scale = OBJECT / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # premultiplied, so that what is invisible does not bleed into the edges
    small = Image.fromarray(picture, "RGBA").convert("RGBa").resize(size, Image.Resampling.BILINEAR).convert("RGBA")
    square = Image.new("RGBA", (VIEW, VIEW))
    square.paste(small, ((VIEW - size[0]) // 2, (VIEW - size[1]) // 2))
    return np.asarray(square)


def cut_out(picture: Pixels) -> Pixels:
    """RGBA of a picture (h, w, 3 or 4): its own alpha, or, before an even backdrop, alpha where it differs from that.

    A picture with neither comes back opaque.
    """
    if picture.shape[2] == 4:
        return picture
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.int16)
    backdrop = np.median(border, axis=0)
    even = (np.abs(border - backdrop).max(axis=1) < BORDER_SPREAD).mean() > 0.9
    differs = np.abs(picture.astype(np.int16) - backdrop).max(axis=2) > OFF_BACKDROP
    alpha = np.where(differs if even and differs.any() else True, 255, 0).astype(np.uint8)
    return np.dstack([picture, np.broadcast_to(alpha, picture.shape[:2])])


def as_tensor(view: Pixels) -> Tensor:
    """(3, VIEW, VIEW) float32 in [-1, 1] of a framed RGBA view over BACKDROP."""
    pixels = torch.from_numpy(np.array(view)).permute(2, 0, 1).float()
    return over(pixels, torch.full((3, 1, 1), float(BACKDROP)))


def over(pixels: Tensor, backdrop: Tensor) -> Tensor:
    """(..., 3, h, w) in [-1, 1] of RGBA levels (..., 4, h, w) float over levels (..., 3, h or 1, w or 1)."""
    alpha = pixels[..., 3:, :, :] / 255
    return (pixels[..., :3, :, :] * alpha + backdrop * (1 - alpha)) / 127.5 - 1
