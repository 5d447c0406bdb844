"""Clips from captions, by the model family itself: what is measured is what is served."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from kinoform.engine.family import Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.paths import FRAMES
from kinoform.training.stages import SIZE

ROWS = 16
"""Clips in one forward pass: more are no faster on a CPU."""


def requests_for(
    captions: Sequence[str], *, steps: int, guidance: float, first_seed: int, pictures: Sequence[Frames] | None = None
) -> list[ClipRequest]:
    """A request for each caption, with seeds that count up from `first_seed`; `pictures`: a first frame for each."""
    images: Sequence[Frames | None] = [None] * len(captions) if pictures is None else pictures
    return [
        ClipRequest(
            prompt=caption,
            image=image,
            frames=FRAMES,
            width=SIZE,
            height=SIZE,
            steps=steps,
            guidance=guidance,
            seed=first_seed + index,
        )
        for index, (caption, image) in enumerate(zip(captions, images, strict=True))
    ]


def sample(family: KinoMini, requests: Sequence[ClipRequest]) -> Iterator[Tensor]:
    """A clip (3, l, h, w) in [-1, 1], as decoded to 8 bits, for each request in order.

    All have the same steps, and all a picture or none, so that they are in the same stage at any time.
    """
    for start in range(0, len(requests), ROWS):
        batch = requests[start : start + ROWS]
        states = [family.begin(request, family.encode(request)) for request in batch]
        for _ in range(batch[0].steps):
            states = family.denoise(states)
        for state in states:
            yield from_frames(family.decode(state))


def reconstructed(family: KinoMini, request: ClipRequest) -> Tensor:
    """A request's picture as the model's autoencoder gives it back, (3, 1, h, w) in [-1, 1].

    Raises:
        ValueError: the request has no picture.
    """
    conditioning = family.encode(request)
    if conditioning.moved is None:
        raise ValueError("the request has no picture")
    return from_frames(family.decode(replace(family.begin(request, conditioning), latent=conditioning.moved[:, :1])))


def from_frames(frames: Frames) -> Tensor:
    """(3, l, h, w) float32 in [-1, 1] of frames (l, h, w, 3) uint8."""
    return torch.from_numpy(frames).permute(3, 0, 1, 2).float() / 127.5 - 1


def to_frames(clip: Tensor) -> Frames:
    """(l, h, w, 3) uint8 of a clip (3, l, h, w) in [-1, 1]."""
    levels = ((clip + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 3, 0).numpy())
