"""The invisible watermark on real pictures."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from kinoform.media.watermark import Picture, found, marked

KEY, PAYLOAD = b"the studio's key", 0x0123456789ABCDEF


def jpeg(picture: Picture, quality: int) -> Picture:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def halved(picture: Picture) -> Picture:
    image = Image.fromarray(picture)
    small = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    return np.asarray(small.resize(image.size, Image.Resampling.LANCZOS))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_every_bit_survives_what_review_copies_go_through_and_is_not_seen(name: str) -> None:
    picture = getattr(data, name)()
    carrier = marked(picture, PAYLOAD, KEY)
    assert 10 * np.log10(255**2 / np.mean((carrier.astype(float) - picture) ** 2)) > 42
    for changed in (carrier, jpeg(carrier, 75), jpeg(carrier, 50), halved(carrier)):
        mark = found(changed[None], KEY)
        assert mark.present
        assert mark.payload == PAYLOAD


@pytest.mark.parametrize("payload", [0, 1, 2**63, 2**64 - 1])
def test_any_64_bits_come_back_and_equal_pictures_are_marked_alike(payload: int) -> None:
    one, other = (marked(data.astronaut(), payload, KEY) for _ in range(2))
    assert np.array_equal(one, other)
    assert found(one[None], KEY).payload == payload


def test_frames_are_read_together_where_one_alone_is_too_little() -> None:
    rng = np.random.default_rng(0)
    frames = [
        marked(data.astronaut()[shift : shift + 256, shift : shift + 256], PAYLOAD, KEY) for shift in range(0, 96, 12)
    ]
    noisy = [np.clip(frame + rng.normal(0, 60, frame.shape), 0, 255).astype(np.uint8) for frame in frames]
    assert found(np.stack(noisy[:1]), KEY).payload != PAYLOAD
    assert found(np.stack(noisy), KEY).payload == PAYLOAD


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_no_mark_is_found_without_one_or_with_another_key(name: str) -> None:
    picture = getattr(data, name)()
    assert not found(picture[None], KEY).present
    assert not found(np.stack([picture] * 8), KEY).present
    assert not found(marked(picture, PAYLOAD, b"another key")[None], KEY).present


def test_what_cannot_carry_it_is_refused() -> None:
    with pytest.raises(ValueError, match="the picture has 63"):
        marked(np.zeros((56, 72, 3), np.uint8), 1, KEY)
    with pytest.raises(ValueError, match="payload must be"):
        marked(data.astronaut(), 1 << 64, KEY)
