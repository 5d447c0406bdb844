"""How near relative depth comes to the truth, once scale and shift are fitted, and how near planes come."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.floating]
"""(h, w)."""
Mask = npt.NDArray[np.bool_]

RATIO = 1.25
"""Depths within this factor of the truth count as right."""


class Errors(NamedTuple):
    """Of an aligned inverse depth."""

    rmse: float
    """In the truth's own units."""
    within: float
    """Share of pixels within RATIO."""
    abs_rel: float
    """Mean of |depth - truth| / truth, over depths."""


def aligned(predicted: Map, truth: Map, valid: Mask) -> npt.NDArray[np.float64]:
    """(h, w) `predicted` times a scale plus a shift, those with the least square error where `valid`."""
    return _fitted([np.asarray(predicted, np.float64)], truth, valid)


def constant_plane(truth: Map, valid: Mask) -> npt.NDArray[np.float64]:
    """(h, w) the mean of the truth: what says nothing of a picture."""
    return _fitted([], truth, valid)


def tilted_plane(truth: Map, valid: Mask) -> npt.NDArray[np.float64]:
    """(h, w) the best plane in inverse depth, fitted with the truth at hand: `lower is nearer`, perfectly tuned."""
    down, across = np.mgrid[: truth.shape[0], : truth.shape[1]] / max(truth.shape)
    return _fitted([across, down], truth, valid)


def errors(found: Map, truth: Map, valid: Mask) -> Errors:
    """Of an aligned inverse depth; both positive inverse depths where `valid`. What is found of 0 or less counts as
    very far."""
    seen, known = np.asarray(found, np.float64)[valid], np.asarray(truth, np.float64)[valid]
    ratio = np.maximum(seen, FARTHEST * known.max()) / known
    return Errors(
        rmse=float(np.sqrt(np.mean((seen - known) ** 2))),
        within=float(np.mean(np.maximum(ratio, 1 / ratio) < RATIO)),
        abs_rel=float(np.mean(np.abs(1 / ratio - 1))),
    )


FARTHEST = 1e-2
"""Least inverse depth that is counted, as a share of the truth's greatest: a depth a hundred times the nearest."""


def median_angle(found: npt.NDArray[np.floating], truth: npt.NDArray[np.floating], valid: Mask) -> float:
    """Degrees between unit normals (h, w, 3)."""
    cosine = np.einsum("ni,ni->n", found[valid], truth[valid])
    return float(np.degrees(np.median(np.arccos(np.clip(cosine, -1, 1)))))


def _fitted(terms: list[npt.NDArray[np.float64]], truth: Map, valid: Mask) -> npt.NDArray[np.float64]:
    terms = [*terms, np.ones(truth.shape)]
    columns = np.stack([term[valid] for term in terms], axis=1)
    weights, *_ = np.linalg.lstsq(columns, np.asarray(truth, np.float64)[valid], rcond=None)
    return np.asarray(sum(weight * term for weight, term in zip(weights, terms, strict=True)))
