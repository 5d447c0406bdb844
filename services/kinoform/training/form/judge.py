"""Says what a solid is: family by a classifier, colour and attribute by code. It learns from real solids alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kinoform.media.surface.field import Field
from kinoform.models.form_mini.grid import cell_centres, grid_of
from kinoform.training.form.samples import BAND, GRID, floats
from kinoform.training.form.shards import Shard
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.count import count
from kinoform.training.shapes.facts import Facts
from kinoform.training.shapes.paint import COLOURS

COARSE = 2
"""The classifier reads distances averaged over so many cells along each side."""
WIDTH = 128
EPOCHS = 8
ROWS = 64
SKIN = 0.05
"""Cells nearer to the surface than this show the solid's colours."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked for and is there."""

    family: bool
    colour: bool
    attribute: bool

    @property
    def all(self) -> bool:
        """Everything."""
        return self.family and self.colour and self.attribute


class Judge:
    """A classifier of families, on grids of distances."""

    def __init__(self, families: Sequence[str], network: nn.Module) -> None:
        self._families = tuple(families)
        self._network = network

    @classmethod
    def fitted(cls, shards: Sequence[Shard]) -> "Judge":
        """A judge taught with these real solids; a function of them alone."""
        torch.manual_seed(0)
        families = sorted({known["family"] for shard in shards for known in shard.facts})
        rows = torch.cat([_seen(torch.from_numpy(floats(shard.grids[:, :1]))) for shard in shards])
        labels = torch.tensor([families.index(known["family"]) for shard in shards for known in shard.facts])
        network = nn.Sequential(nn.Linear(rows.shape[1], WIDTH), nn.SiLU(), nn.Linear(WIDTH, len(families)))
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.05)
        for _ in range(EPOCHS):
            for chosen in torch.randperm(len(rows)).split(ROWS):
                optimizer.zero_grad()
                noisy = rows[chosen] + 0.1 * torch.randn_like(rows[chosen])
                F.cross_entropy(network(noisy), labels[chosen]).backward()
                optimizer.step()
        return cls(families, network.eval())

    @torch.inference_mode()
    def family(self, grid: npt.NDArray[np.float32]) -> str:
        """Of a grid (6, GRID, GRID, GRID) as `grid_of` makes them."""
        return self._families[int(self._network(_seen(torch.from_numpy(grid[None, :1])))[0].argmax())]

    def verdict(self, field: Field, facts: Facts) -> Verdict:
        """What is right of a solid that was asked for by `facts`."""
        grid = grid_of(field, GRID, BAND)
        if not (grid[0] < 0).any():
            return Verdict(False, False, False)
        return Verdict(
            family=self.family(grid) == facts.family,
            colour=colour(field, facts) == facts.colour,
            attribute=count(facts.family, field) == facts.value,
        )


def colour(field: Field, facts: Facts) -> str:
    """The main colour: the one in which a real solid, alike otherwise, has the colours most like the field's."""
    shown = palette(field)
    candidates = COLOURS if facts.finish in ("plain", "shiny", "metal") else {facts.colour: ()}
    real = {
        name: palette(build(replace(facts, colour=name), np.random.default_rng(0)))
        for name in candidates
        if name != facts.second
    }
    return min(real, key=lambda name: float(np.abs(real[name] - shown).sum()))


def palette(field: Field) -> npt.NDArray[np.float64]:
    """Share of the surface that is nearest to each named colour, in the order of COLOURS."""
    points = cell_centres(GRID)
    near = points[np.abs(field.distance(points)) < SKIN]
    colours = field.appearance(near)[:, :3]
    names = np.array(list(COLOURS.values()), np.float32)
    nearest = Counter(np.square(colours[:, None] - names).sum(axis=2).argmin(axis=1).tolist())
    return np.array([nearest[index] for index in range(len(names))]) / max(len(near), 1)


def _seen(distances: Tensor) -> Tensor:
    """(n, d) of grids (n, 1, GRID, GRID, GRID)."""
    return F.avg_pool3d(distances, COARSE).flatten(1)
