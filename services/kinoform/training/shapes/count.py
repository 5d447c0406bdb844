"""Attributes read off a solid by code: what a generated shape shows, beside what its caption asked for."""

from collections.abc import Callable, Mapping

import numpy as np

from kinoform.media.surface.field import Field
from kinoform.training.shapes.facts import Value
from kinoform.training.shapes.looks import dots, windows
from kinoform.training.shapes.occupancy import Occupancy, centroid, components, peaks, runs, spokes, usual, widths

RESOLUTION = 64
X, Y, Z = range(3)

Counter = Callable[[Occupancy], Value]


def count(family: str, field: Field, resolution: int = RESOLUTION) -> Value | None:
    """The value of the family's attribute that `field` shows, maybe one that the family does not have.

    None for an empty field. Supposes a shape of that family, upright and facing +z; KeyError for no family."""
    try:
        occupancy = Occupancy(field, resolution)
    except ValueError:
        return None
    if family in LOOKS:
        return LOOKS[family](occupancy, field)
    return COUNTERS[family](occupancy)


def _pieces(low: float, high: float, axis: int = Y, less: int = 0) -> Counter:
    """Counts the pieces in most layers between two heights, but for `less` of them."""

    def counter(solid: Occupancy) -> Value:
        return usual(components(layer) for layer in solid.slices(axis, low, high)) - less

    return counter


def _either(test: Callable[[Occupancy], bool], yes: Value = "with", no: Value = "without") -> Counter:
    return lambda solid: yes if test(solid) else no


def _chair(solid: Occupancy) -> bool:
    """Arms: something in front above the seat."""
    front = solid.cells[:, :, int(0.55 * solid.extent(Z)) :]
    height = solid.extent(Y)
    return bool(front[:, int(0.6 * height) : int(0.9 * height)].sum() > 8)


def _bench(solid: Occupancy) -> bool:
    """A backrest: the top is much less deep than the whole."""
    return bool(widths(solid.shadow(Y, 0.9, 1.0).T).max() < 0.6 * solid.extent(Z))


def _sofa(solid: Occupancy) -> Value:
    """Runs along the seat at the cushions' height, between the arms."""
    lines = [layer[:, column] for layer in solid.slices(Y, 0.5, 0.58) for column in _columns(solid, Z, 0.55, 0.85)]
    return usual(runs(line) for line in lines) - 2


def _bed(solid: Occupancy) -> Value:
    """Runs across the bed in front of the headboard, above the mattress."""
    return usual(runs(layer[:, _span(solid, Z, 0.12, 0.24)].any(1)) for layer in solid.slices(Y, 0.66, 0.74))


def _boards(low: float, high: float) -> Counter:
    """Counts runs of filled cells from the bottom to the top in the middle of the width."""

    def counter(solid: Occupancy) -> Value:
        return usual(runs(layer.any(1)) for layer in solid.slices(X, low, high))

    return counter


def _shade(solid: Occupancy) -> bool:
    """A ball is wider above its lower end, a cone is not."""
    width = widths(solid.shadow(Z))
    return bool(width[_at(solid, Y, 0.79)] > width[_at(solid, Y, 0.58)])


def _sides(solid: Occupancy) -> int:
    """At how many sides something reaches out beyond the body's rim."""
    rim = np.flatnonzero(solid.shadow(Y, 0.97, 1.0).any(1))
    least = 0.1 * (rim[-1] - rim[0])
    return int(rim[0] > least) + int(solid.extent(X) - 1 - rim[-1] > least)


def _slender(threshold: float, axes: tuple[int, int] = (X, Y)) -> Callable[[Occupancy], bool]:
    """Whether one extent is less than so many times another."""
    return lambda solid: solid.extent(axes[0]) < threshold * solid.extent(axes[1])


def _on_top(low: float, broad: float) -> Counter:
    """Counts the pieces at the top; none if one is broader than a share of the width: the top itself."""

    def counter(solid: Occupancy) -> Value:
        layers = solid.slices(Y, low, 0.98)
        if widths(np.logical_or.reduce(layers)).max() > broad * solid.extent(X) and components(layers[-1]) == 1:
            return 0
        return usual(components(layer) for layer in layers)

    return counter


def _bulges(prominence: float, top: float = 1.0) -> Counter:
    """Counts the maxima of the width from the bottom up to a share of the height."""
    return lambda solid: peaks(widths(solid.shadow(Z))[: _at(solid, Y, top) + 1], prominence)


def _rotor(front: tuple[float, float], above: float) -> Counter:
    """Counts blades about their middle, in the layers that they fill, above the foot."""

    def counter(solid: Occupancy) -> Value:
        upper = solid.shadow(Z, *front)
        upper[:, : int(above * solid.extent(Y))] = False
        return spokes(upper, centroid(upper), 0.5, 0.8) if upper.any() else 0

    return counter


def _wheel(low: float, high: float) -> Counter:
    """Counts teeth about the middle, seen from the front."""

    def counter(solid: Occupancy) -> Value:
        shadow = solid.shadow(Z)
        return spokes(shadow, centroid(shadow), low, high)

    return counter


def _rocket(solid: Occupancy) -> Value:
    """Fins about the axis that the upper body gives."""
    axis = centroid(solid.shadow(Y, 0.55, 0.65))
    return usual(spokes(layer, axis, 0.6, 0.8) for layer in solid.slices(Y, 0.08, 0.16))


def _stairs(solid: Occupancy) -> Value:
    """Jumps of the height along x."""
    shadow = solid.shadow(Z)
    top = shadow.shape[1] - shadow[:, ::-1].argmax(1)
    return runs(top[2:] - top[:-2] > 0.06 * shadow.shape[1]) + 1


def _car(solid: Occupancy) -> bool:
    """A roof: the top is filled to a good part."""
    return bool(solid.shadow(Y, 0.88, 0.96).mean() > 0.2)


def _dumbbell(solid: Occupancy) -> Value:
    """Runs along x, well off the bar."""
    return usual(runs(layer.any(1)) for layer in solid.slices(Y, 0.74, 0.84))


def _key(solid: Occupancy) -> Value:
    """Runs along x below the shaft, in the half without the ring."""
    half = solid.extent(X) // 2
    return usual(runs(layer[half:].any(1)) for layer in solid.slices(Y, 0.18, 0.26))


def _arrow(solid: Occupancy) -> bool:
    """A second head: the left is as high as the right."""
    return bool(widths(solid.shadow(Z).T)[_span(solid, X, 0.15, 0.3)].max() > 0.6 * solid.extent(Y))


def _hammer(solid: Occupancy) -> bool:
    """A claw: the head's left end is much thinner than its right."""
    left, right = (solid.slices(X, at, at + 0.04)[0].sum() for at in (0.08, 0.9))
    return bool(left < 0.6 * right)


def _caterpillar(solid: Occupancy) -> Value:
    """Bulges below, where no feelers are."""
    half = solid.shadow(Z)[:, : solid.extent(Y) // 2]
    return peaks(half.sum(1).astype(np.float64), 0.15)


def _at(solid: Occupancy, axis: int, share: float) -> int:
    return min(int(share * solid.extent(axis)), solid.extent(axis) - 1)


def _span(solid: Occupancy, axis: int, low: float, high: float) -> slice:
    return slice(_at(solid, axis, low), _at(solid, axis, high) + 1)


def _columns(solid: Occupancy, axis: int, low: float, high: float) -> range:
    return range(_at(solid, axis, low), _at(solid, axis, high) + 1)


COUNTERS: Mapping[str, Counter] = {
    "chair": _either(_chair),
    "stool": _pieces(0.1, 0.5),
    "table": _pieces(0.1, 0.6),
    "round table": _pieces(0.2, 0.6),
    "bench": _either(_bench),
    "sofa": _sofa,
    "bed": _bed,
    "shelf": _boards(0.4, 0.6),
    "ladder": _boards(0.45, 0.55),
    "lamp": _either(_shade, "round", "cone"),
    "floor lamp": _pieces(0.86, 0.92),
    "candlestick": _pieces(0.84, 0.96),
    "mug": _sides,
    "vase": _either(_slender(0.75), "tall", "round"),
    "bowl": _either(_slender(0.39, (Y, X)), "shallow", "deep"),
    "bottle": _either(_slender(0.87, (Z, X))),
    "teapot": _either(lambda solid: usual(components(layer) for layer in solid.slices(Y, 0.02, 0.1)) > 1),
    "trophy": _either(lambda solid: _sides(solid) > 0),
    "house": _on_top(0.94, 0.4),
    "pagoda": _bulges(0.1),
    "castle": _pieces(0.58, 0.85),
    "windmill": _rotor((0.86, 0.94), 0.3),
    "stairs": _stairs,
    "fence": _pieces(0.78, 0.88),
    "tree": _either(_slender(0.58), "tall", "round"),
    "fir tree": _bulges(0.06),
    "cactus": _pieces(0.6, 0.68, less=1),
    "flower": _rotor((0.55, 0.7), 0.4),
    "snowman": _bulges(0.06, top=0.77),
    "rocket": _rocket,
    "car": _either(_car),
    "truck": _pieces(0.03, 0.09),
    "boat": _pieces(0.45, 0.65),
    "aeroplane": _pieces(0.0, 0.07),
    "locomotive": _pieces(0.03, 0.09),
    "gear": _wheel(0.84, 0.94),
    "star": _wheel(0.72, 0.86),
    "crown": _pieces(0.75, 0.9),
    "dumbbell": _dumbbell,
    "key": _key,
    "robot": _on_top(0.93, 0.27),
    "ring": _either(_slender(0.925)),
    "fan": _rotor((0.66, 0.8), 0.25),
    "cake": _pieces(0.7, 0.85),
    "fork": _pieces(0.82, 0.94),
    "arrow": _either(_arrow, 2, 1),
    "hammer": _either(_hammer),
    "sword": _either(_slender(0.26, (X, Y)), "without", "with"),
    "caterpillar": _caterpillar,
}

LOOKS: Mapping[str, Callable[[Occupancy, Field], Value]] = {"bus": windows, "mushroom": dots}
"""What only colours tell."""
