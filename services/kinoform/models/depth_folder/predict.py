"""Depth by a network that transformers loads: Depth Anything, DPT, ZoeDepth, Depth Pro and their kin."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from transformers import AutoImageProcessor, AutoModelForDepthEstimation

from kinoform.models.depth_folder.identity import BadDepthModel
from kinoform.models.depth_mini.predict import Answer, Floats, Pixels, grey

_IN_METRES = frozenset({"zoedepth", "depth_pro"})
"""Kinds of network whose answers grow with the distance. Depth Anything's config says it of each model."""
_NEAREST_M = 0.01
_LARGEST = 1 << 20
"""Pixels of an answer, at the most: more would cost memory and show nothing more."""


class FolderDepth:
    """Computes in float32 on the CPU: equal pictures give equal answers on one machine."""

    def __init__(self, network: Any, processor: Any) -> None:
        self._network = network.eval()
        self._processor = processor
        config = network.config
        told = config.to_dict().get("depth_estimation_type")
        self._metres = config.model_type in _IN_METRES or told == "metric"

    @classmethod
    def from_folder(cls, folder: Path) -> "FolderDepth":
        """Loads safetensors alone, and no code of the folder's. Raises BadDepthModel."""
        try:
            network = AutoModelForDepthEstimation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
            )
            processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        # transformers raises whatever its parts do for a folder that is not as it should be
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as error:
            raise BadDepthModel(str(folder), f"can't be loaded: {error}") from error
        return cls(network, processor)

    @torch.inference_mode()
    def answer(self, pixels: Pixels) -> Answer:
        """Of pixels (h, w, 3) uint8 sRGB, of any size; as large as they are, up to a million pixels."""
        seen = self._processor(images=pixels, return_tensors="pt")
        depth = self._network(**seen).predicted_depth[0].float().numpy()
        height, width = pixels.shape[:2]
        scale = min(1.0, (_LARGEST / (height * width)) ** 0.5)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        guide = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        inverse = 1 / np.maximum(depth, _NEAREST_M) if self._metres else depth
        near: Floats = np.asarray(cv2.resize(inverse, size, interpolation=cv2.INTER_CUBIC), np.float32)
        return Answer(grey(guide), near, None)
