"""From stored pictures to training batches: crops of many shapes, mirrored, in all the ways that cameras spoil them."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kinoform.training.depth.shards import Shard

SHAPES = ((96, 128), (96, 128), (128, 96), (128, 128), (96, 160))
"""Heights and widths that batches have, equally often."""
COARSE = ((64, 96), (64, 96), (96, 64), (96, 96))
"""The same at two thirds of the size: what a run may begin with, at twice the speed."""
LEAST_CROP = 0.65
"""Of the largest crop of a shape, the smallest that is taken."""

Pixels = npt.NDArray[np.uint8]


class Batch(NamedTuple):
    """b pictures of one shape."""

    pictures: Tensor
    """(b, 3, h, w) in [-1, 1]."""
    inverse_depths: Tensor
    """(b, h, w) float32."""
    normals: Tensor
    """(b, 3, h, w) unit, 0 for the sky."""


def draw(shards: Sequence[Shard], count: int, seed: Sequence[int], shapes: Sequence[tuple[int, int]] = SHAPES) -> Batch:
    """A batch in one of the shapes: a pure function of the seed."""
    rng = np.random.default_rng(seed)
    shape = shapes[int(rng.integers(len(shapes)))]
    rows = [_row(shards, shape, rng) for _ in range(count)]
    pictures, depths, normals = (np.stack(part) for part in zip(*rows, strict=True))
    return Batch(
        torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1,
        torch.from_numpy(depths),
        torch.from_numpy(normals).permute(0, 3, 1, 2).float() / 127,
    )


def _row(
    shards: Sequence[Shard], shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Pixels, npt.NDArray[np.float32], npt.NDArray[np.int8]]:
    shard = shards[int(rng.integers(len(shards)))]
    row = int(rng.integers(len(shard)))
    box = _crop(shard.pictures.shape[1], shape, rng)
    size = (shape[1], shape[0])
    picture = cv2.resize(shard.pictures[row][box], size, interpolation=cv2.INTER_AREA)
    depth, normals = (
        cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST_EXACT)
        for plane in (shard.inverse_depths[row][box].astype(np.float32), shard.normals[row][box])
    )
    if rng.random() < 0.5:
        picture, depth, normals = picture[:, ::-1], depth[:, ::-1], mirrored(normals)
    return spoilt(np.ascontiguousarray(picture), rng), np.ascontiguousarray(depth), normals


def mirrored(normals: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """(h, w, 3) as a mirror shows them: what faced left faces right."""
    return np.ascontiguousarray(normals[:, ::-1] * np.array([-1, 1, 1], np.int8))


def spoilt(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """(h, w, 3): exposure, white balance, contrast, faded or no colours, blur, noise, JPEG."""
    light = picture.astype(np.float32) / 255
    if rng.random() < 0.8:
        light = light ** np.float32(np.exp(rng.normal(0, 0.25)))
        light = light * np.exp(rng.normal(0, 0.1, 3) + rng.normal(0, 0.15)).astype(np.float32)
        light = np.float32(0.5) + np.float32(rng.uniform(0.6, 1.3)) * (light - np.float32(0.5))
    grey = light @ np.array([0.299, 0.587, 0.114], np.float32)
    kept = 0.0 if rng.random() < 0.12 else rng.uniform(0.2, 1.2)
    light = grey[..., None] + np.float32(kept) * (light - grey[..., None])
    if rng.random() < 0.35:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.4))), np.float32)
    if rng.random() < 0.5:
        light = light + rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0, 0.06))
    spoiled = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
    return _compressed(spoiled, int(rng.integers(25, 96))) if rng.random() < 0.4 else spoiled


def _compressed(picture: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _crop(side: int, shape: tuple[int, int], rng: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns of a square picture, in the shape's ratio."""
    scale = side / max(shape) * rng.uniform(LEAST_CROP, 1)
    height, width = (round(scale * length) for length in shape)
    top, left = int(rng.integers(side - height + 1)), int(rng.integers(side - width + 1))
    return slice(top, top + height), slice(left, left + width)
