"""Between pictures (uint8, as people see them) and what the networks read (float)."""

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional as F

from kinoform.engine.family import Frames
from kinoform.models.clip import FollowMap, Grey


def picture_to_clip(picture: Frames, width: int, height: int) -> Tensor:
    """A still clip (1, 3, 1, height, width) float32 in [-1, 1]: centre crop to the clip's shape, Lanczos to its size.

    picture: (h, w, 3) uint8.
    """
    return frames_to_clip(fitted(picture[None], width, height))


def frames_to_clip(frames: Frames) -> Tensor:
    """(1, 3, l, h, w) float32 in [-1, 1] of frames (l, h, w, 3)."""
    pixels = torch.from_numpy(frames.astype(np.float32)) / 127.5 - 1.0
    return pixels.permute(3, 0, 1, 2)[None].contiguous()


def clip_to_frames(clip: Tensor) -> Frames:
    """(l, h, w, 3) uint8 from one clip (1, 3, l, h, w) in [-1, 1]; values outside are cut off."""
    levels = ((clip[0].float() + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 3, 0).cpu().numpy())


def fitted(frames: Frames, width: int, height: int) -> Frames:
    """Pictures (l, h, w) or (l, h, w, 3) as above, each (height, width); those of the right size stay as they are."""
    if frames.shape[1:3] == (height, width):
        return frames
    size = (width, height)
    return np.stack(
        [np.asarray(ImageOps.fit(Image.fromarray(frame), size, Image.Resampling.LANCZOS)) for frame in frames]
    )


def map_values(given: FollowMap, frames: int, width: int, height: int) -> Tensor:
    """A map's values (k, height, width) in [0, 1]; k is 1 or `frames`.

    Lines are made smaller by their brightest pixel: by their mean they would fade, or vanish. The strongest become 1.
    """
    count = len(given.values)
    chosen = [0] if count == 1 else spread(count, frames)
    values = given.values[chosen]
    if given.kind == "edges":
        values = _cropped(values, width, height)
        lines = F.adaptive_max_pool2d(torch.from_numpy(values.astype(np.float32))[:, None], (height, width))[:, 0]
        return lines / lines.amax().clamp(min=1.0)
    return torch.from_numpy(fitted(values, width, height).astype(np.float32)) / 255


def spread(count: int, frames: int) -> list[int]:
    """Which of `count` frames stand for each of `frames`: evenly, the first and the last among them."""
    return [round(index * (count - 1) / max(frames - 1, 1)) for index in range(frames)]


def _cropped(values: Grey, width: int, height: int) -> Grey:
    """The middle of (k, h, w) in the shape of width to height."""
    tall, wide = values.shape[1:]
    keep = (min(tall, round(wide * height / width)), min(wide, round(tall * width / height)))
    top, left = (tall - keep[0]) // 2, (wide - keep[1]) // 2
    return values[:, top : top + keep[0], left : left + keep[1]]
