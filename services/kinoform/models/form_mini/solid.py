"""What form-mini makes: a solid that can be asked for its distance and its looks anywhere."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kinoform.backbone.field_autoencoder import FieldAutoencoder
from kinoform.media.surface.field import Points
from kinoform.models.form_mini.grid import cell_centres

CHUNK = 1 << 16
"""Points read at once: bounds the memory, and makes every read's arithmetic the same."""
MEASURED_AT = 48
"""Samples along a side of the grid that the height is measured in."""


class Solid:
    """A decoded latent, a `kinoform.models.shape.SizedField`. Safe to read from several threads."""

    def __init__(self, autoencoder: FieldAutoencoder, latent: Tensor) -> None:
        """latent: (c, l, h, w), normalised."""
        self._autoencoder = autoencoder
        with torch.inference_mode():
            self._features = autoencoder.features(latent[None])
            self.size_m = float(autoencoder.log_size(latent[None]).exp())
        """Longest side of such an object in metres."""

    @property
    def height_m(self) -> float:
        """Height of such an object in metres; 0 where there is no solid at all."""
        points = cell_centres(MEASURED_AT)
        inside = points[self.distance(points) < 0]
        if not len(inside):
            return 0.0
        sides = np.ptp(inside, axis=0) + 2 / MEASURED_AT
        return self.size_m * float(sides[1] / sides.max())

    def distance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        return self._read(points)[:, 0] * np.float32(self._autoencoder.config.band)

    def appearance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        looks: npt.NDArray[np.float32] = ((self._read(points)[:, 1:] + 1) / 2).clip(0, 1)
        return looks

    @torch.inference_mode()
    def _read(self, points: Points) -> npt.NDArray[np.float32]:
        """(n, 6) float32. Padded to whole chunks, so that a point's bits do not depend on how many there are."""
        values = np.empty((len(points), 6), np.float32)
        for start in range(0, len(points), CHUNK):
            part = points[start : start + CHUNK]
            padded = np.zeros((_padded(len(part)), 3), np.float32)
            padded[: len(part)] = part
            read = self._autoencoder.read(self._features, torch.from_numpy(padded)[None].to(self._features.device))
            values[start : start + len(part)] = read[0, : len(part)].float().cpu().numpy()
        return values


def _padded(count: int) -> int:
    return -(-count // 64) * 64
