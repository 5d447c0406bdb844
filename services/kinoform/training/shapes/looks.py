"""Attributes that a solid shows by its colours alone."""

import numpy as np

from kinoform.media.surface.field import Field
from kinoform.training.shapes.facts import Value
from kinoform.training.shapes.occupancy import Occupancy, runs, usual


def windows(solid: Occupancy, field: Field) -> Value:
    """How many dark runs go along both sides of a bus, above the middle of its height."""
    counts = []
    for height in np.linspace(0.66, 0.76, 3):
        layer = solid.cells[:, int(height * solid.extent(1))]
        for side in (layer.argmax(1), layer.shape[1] - 1 - layer[:, ::-1].argmax(1)):
            places = solid.points[np.arange(len(layer)), int(height * solid.extent(1)), side]
            light = field.appearance(places)[: int(0.94 * len(places)), :3].max(1)
            middle = (float(light.min()) + float(light.max())) / 2
            counts.append(runs(light < middle) if float(np.ptp(light)) > 0.15 else 0)
    return usual(counts)


def dots(solid: Occupancy, field: Field) -> Value:
    """Whether the outside shows some white, well above the stem."""
    upper = slice(int(0.64 * solid.extent(1)), None)
    points = solid.points[:, upper][solid.cells[:, upper]]
    outside = points[np.abs(field.distance(points)) < 0.04]
    white = field.appearance(outside)[:, :3].min(1) > 0.8
    return "with" if len(outside) > 0 and float(white.mean()) > 0.03 else "without"
