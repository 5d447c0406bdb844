"""Cheapest cuts through a strip, from its first row to its last, by dynamic programming."""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]

EXPONENT = 2
"""Of squared differences, as costs: a cut would rather differ a little for long than much for a moment."""
_NEVER = 1e12


def prices(costs: Doubles) -> Doubles:
    """(k,) costs of the cheapest cuts through strips (k, rows, columns)."""
    totals: Doubles = _totals(costs)[:, -1].min(axis=1)
    return totals


def cheapest_cut(costs: Doubles, through: int | None = None) -> Columns:
    """(rows,) the column of each row, at most one beside the next row's. costs: (rows, columns), at least 0.

    The minimum error boundary cut of image quilting (Efros & Freeman 2001). through: column of the first and the last
    row, where they are given.
    """
    if through is not None:
        costs = costs.copy()
        others = np.arange(costs.shape[1]) != through
        costs[0, others] = costs[-1, others] = _NEVER
    totals = _totals(costs[None])[0]
    column = int(totals[-1].argmin())
    cut = [column]
    for row in totals[-2::-1]:
        first = max(column - 1, 0)
        column = first + int(row[first : column + 2].argmin())
        cut.append(column)
    return np.array(cut[::-1])


def cheapest_loop(costs: Doubles) -> Columns:
    """The same through a strip whose last row is followed by its first: a cut that closes, and nearly the cheapest.

    A closed cut is sought through each of a few columns that the open cut through two rounds has passed.
    """
    rows = len(costs)
    open_cut = cheapest_cut(np.concatenate([costs, costs]))
    tried = dict.fromkeys(int(open_cut[at]) for at in (rows, rows // 2, rows + rows // 2, 0))
    loops = [cheapest_cut(costs, column) for column in tried]
    return min(loops, key=lambda loop: float(costs[np.arange(rows), loop].sum()))


def _totals(costs: Doubles) -> Doubles:
    """(k, rows, columns) cost of the cheapest cut from the first row to each place."""
    totals = costs.copy()
    for row in range(1, costs.shape[1]):
        before = totals[:, row - 1]
        least = before.copy()
        np.minimum(least[:, 1:], before[:, :-1], out=least[:, 1:])
        np.minimum(least[:, :-1], before[:, 1:], out=least[:, :-1])
        totals[:, row] += least
    return totals
