"""The judge: says what a tile is. It learns from rendered tiles alone and never sees a generator's."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kinoform.training.grain.descriptors import Planes, Vector, mean_colour, periods, texture
from kinoform.training.grain.recipe import COLOURS, FAMILIES, Recipe

DECAY = 2e-3
"""Weight of the classifier's squared weights beside its mean loss."""
PRIOR_TILES = 2
"""How many tiles the colours of all families weigh in a family's own: it may have few tiles of a colour, or none."""


class Verdict(NamedTuple):
    """What a tile looks like."""

    family: str
    colour: str
    """The nearest of a family's colours, given the family that was asked for."""
    number: int
    """The nearest of a family's numbers, given the family that was asked for; 0 for those that are not counted."""


class Judge:
    """Families by logistic regression on texture, colours and numbers by the nearest mean of real tiles."""

    def __init__(self, scale: Tensor, classifier: nn.Linear, colours: Tensor, counts: dict[tuple[str, int], Vector]):
        self._scale, self._classifier, self._colours, self._counts = scale, classifier, colours, counts

    @classmethod
    def fitted(cls, lessons: Iterable[tuple[Recipe, Planes]]) -> "Judge":
        """Taught with real tiles of every family, colour and number.

        Raises:
            ValueError: a family, colour or number is in no lesson.
        """
        names, rows, labels = list(FAMILIES), [], []
        colours: dict[str, list[tuple[str, Vector]]] = {name: [] for name in names}
        numbers: dict[tuple[str, int], list[Vector]] = {}
        for recipe, planes in lessons:
            rows.append(texture(planes))
            labels.append(names.index(recipe.family))
            colours[recipe.family].append((recipe.colour, mean_colour(planes)))
            if recipe.count:
                numbers.setdefault((recipe.family, recipe.count), []).append(periods(planes))
        wanted = {(name, count) for name, family in FAMILIES.items() for count in family.counts}
        missing = [name for name in names if not colours[name]]
        missing += [f"{count} {name}" for name, count in sorted(wanted - set(numbers))]
        if missing:
            raise ValueError(f"no lesson shows {', '.join(missing)}")
        features = torch.tensor(np.stack(rows)).float()
        scale = torch.stack([features.mean(dim=0), features.std(dim=0) + 1e-3])
        classifier = _fit((features - scale[0]) / scale[1], torch.tensor(labels))
        prototypes = torch.tensor(np.stack([_prototypes(colours, name) for name in names]))
        return cls(scale, classifier, prototypes, {key: np.mean(found, axis=0) for key, found in numbers.items()})

    @torch.no_grad()
    def verdict(self, asked: Recipe, planes: Planes) -> Verdict:
        """What the planes show, to be compared with what was asked."""
        features = (torch.tensor(texture(planes)).float() - self._scale[0]) / self._scale[1]
        family = list(FAMILIES)[int(self._classifier(features).argmax())]
        distance = (self._colours[list(FAMILIES).index(asked.family)] - torch.tensor(mean_colour(planes))).norm(dim=1)
        counts = FAMILIES[asked.family].counts
        own = periods(planes)
        apart = [float(np.square(self._counts[asked.family, count] - own).sum()) for count in counts]
        count = counts[int(np.argmin(apart))] if counts else 0
        return Verdict(family, list(COLOURS)[int(distance.argmin())], count)


def _prototypes(found: dict[str, list[tuple[str, Vector]]], family: str) -> Vector:
    """(colours, 3): means over the family's tiles, drawn towards those over all families where there are few."""
    general = _means([pair for pairs in found.values() for pair in pairs], np.zeros((len(COLOURS), 3)), 0)
    shift = np.mean([lab - general[list(COLOURS).index(colour)] for colour, lab in found[family]], axis=0)
    return _means(found[family], general + shift, PRIOR_TILES)


def _means(pairs: list[tuple[str, Vector]], prior: Vector, weight: float) -> Vector:
    rows = []
    for number, colour in enumerate(COLOURS):
        own = [lab for name, lab in pairs if name == colour]
        if not own and not weight:
            raise ValueError(f"no lesson shows {colour}")
        rows.append((np.sum(own, axis=0) + weight * prior[number]) / (len(own) + weight))
    return np.stack(rows)


def _fit(rows: Tensor, labels: Tensor) -> nn.Linear:
    """Multinomial logistic regression with squared weights held small, to convergence; rows (n, d), labels (n,)."""
    classifier = nn.Linear(rows.shape[1], len(FAMILIES))
    nn.init.zeros_(classifier.weight)
    nn.init.zeros_(classifier.bias)
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(classifier(rows), labels) + DECAY * classifier.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return classifier
