"""Pictures and clips at other sizes."""

import numpy as np

from kinoform.media.resize import resize_lanczos, resize_nearest
from tests.media.pictures import gradients


def test_nearest_repeats_pixels_and_nothing_else() -> None:
    clip = gradients()
    large = resize_nearest(clip, 168, 120)
    assert large.shape == (5, 120, 168, 3)
    assert all(np.array_equal(large[:, down::3, across::3], clip) for down in range(3) for across in range(3))
    assert np.array_equal(resize_nearest(large, 56, 40), clip)
    assert set(map(tuple, resize_nearest(clip, 101, 77).reshape(-1, 3))) <= set(map(tuple, clip.reshape(-1, 3)))


def test_lanczos_keeps_what_is_smooth() -> None:
    clip = gradients()
    there_and_back = resize_lanczos(resize_lanczos(clip, 224, 160), 56, 40)
    assert np.abs(there_and_back.astype(int) - clip).max() <= 4
    assert np.array_equal(resize_lanczos(clip, 56, 40), clip)
