"""Foregrounds by U2-Net's small variant (Qin et al. 2020, https://arxiv.org/abs/2005.09007), run by OpenCV."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kinoform_weights

SIDE = 320
"""The network sees pictures of this size."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def foreground_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) in [0, 1]: how surely each pixel of a picture (h, w, 3) uint8 belongs to what stands in front."""
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    seen = (np.asarray(small, np.float32) / 255 - _MEAN) / _DEVIATION
    network, answer = _network()
    network.setInput(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]))
    found = network.forward(answer)[0, 0]
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1), np.float32)


@cache
def _network() -> tuple[cv2.dnn.Net, str]:
    """The network and the name of its finest answer, which is its first."""
    network = cv2.dnn.readNetFromONNX(str(kinoform_weights.file("u2netp/u2netp.onnx")))
    return network, network.getUnconnectedOutLayersNames()[0]
