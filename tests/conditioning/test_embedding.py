"""Vectors of pictures: what they find again, and what they are."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinoform.conditioning.embedding import PACKAGES, WIDTH, embedding_of
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from tests.conditioning.conditioning_peer import conditioning_service, disc, png
from tests.conditioning.test_conditioning_runs import prepared

missing = any(importlib.util.find_spec(each) is None for each in PACKAGES)
pytestmark = pytest.mark.skipif(missing, reason="EfficientNet-lite0 is not installed")
PHOTOS = (
    "astronaut",
    "camera",
    "cat",
    "chelsea",
    "coffee",
    "rocket",
    "coins",
    "page",
    "text",
    "moon",
    "brick",
    "grass",
    "gravel",
)
Pixels = np.ndarray


def photos() -> list[Pixels]:
    """Those of scikit-image that came with it."""
    data = pytest.importorskip("skimage.data")
    found = []
    for name in PHOTOS:
        try:
            picture = np.asarray(getattr(data, name)())
        except (OSError, ModuleNotFoundError):  # not downloaded
            continue
        found.append(np.stack([picture] * 3, axis=2) if picture.ndim == 2 else picture)
    return found


def compressed(pixels: Pixels) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=30)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: np.ascontiguousarray(picture[:, ::-1]),
        lambda picture: np.ascontiguousarray(picture[picture.shape[0] // 6 :, picture.shape[1] // 6 :]),
        compressed,
        lambda picture: np.ascontiguousarray(picture[::3, ::3]),
        lambda picture: (picture * 0.6).astype(np.uint8),
    ],
    ids=["mirrored", "cut", "compressed", "a third", "darker"],
)
def test_a_changed_photograph_is_found_again(change: object) -> None:
    known = photos()
    assert len(known) >= 5
    vectors = np.stack([embedding_of(picture) for picture in known])
    asked = np.stack([embedding_of(change(picture)) for picture in known])  # type: ignore[operator]
    nearest = (asked @ vectors.T).argmax(axis=1)
    assert (nearest == np.arange(len(known))).mean() >= 0.85


async def test_the_service_keeps_it_as_an_array(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, pb.ConditioningSpec(embedding=pb.Embedding()), png(disc()))
        vector = np.load(io.BytesIO(peer.store.read(stream.outputs["embedding"])))
    assert (vector.shape, vector.dtype) == ((WIDTH,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(vector, embedding_of(disc()))
