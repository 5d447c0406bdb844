"""Between pictures (uint8, as people see them) and what the autoencoder reads (float, -1 to 1)."""

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from kinoform.engine.family import Frames


def picture_to_clip(picture: Frames, width: int, height: int) -> Tensor:
    """A still clip (1, 3, 1, height, width) float32 in [-1, 1]: centre crop to the clip's shape, Lanczos to its size.

    picture: (h, w, 3) uint8.
    """
    fitted = ImageOps.fit(Image.fromarray(picture), (width, height), Image.Resampling.LANCZOS)
    pixels = torch.from_numpy(np.array(fitted, dtype=np.float32)) / 127.5 - 1.0
    return pixels.permute(2, 0, 1)[None, :, None].contiguous()


def clip_to_frames(clip: Tensor) -> Frames:
    """(l, h, w, 3) uint8 from one clip (1, 3, l, h, w) in [-1, 1]; values outside are cut off."""
    levels = ((clip[0].float() + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 3, 0).cpu().numpy())
