"""What there is to see in something that was read."""

from collections.abc import Sequence

import numpy as np

from kinoform.media.footage import Footage
from kinoform.policy.judge import Picture


def pictures_in(given: object) -> Sequence[Picture]:
    """The frames of a clip, or the picture, without alpha: what it hides is seen. Nothing in other things."""
    match given:
        case Footage():
            return [frame[..., :3] for frame in given.frames]
        case np.ndarray() if given.dtype == np.uint8 and given.ndim == 3 and given.shape[2] in (3, 4):
            return [given[..., :3]]
        case _:
            return []
