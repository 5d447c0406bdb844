"""How long a forward pass takes, learnt while serving, and from it whether sharing one pays."""

PRIOR_OVERHEAD = 78.0
"""Tokens' worth of fixed work in a forward pass before anything is measured: a 7 M trunk on one CPU core."""

PRIOR_WEIGHT = 0.02
MEMORY = 0.95
"""Weight of older measurements after each new one: about twenty count."""

LEAST_GAIN = 1.1
"""Sharing delays whoever comes first, so it must bring at least this much throughput."""


class CostModel:
    """`seconds = a + b * tokens`, by weighted least squares.

    The prior ties `a` to `PRIOR_OVERHEAD * b`, so that one measured size already gives both. As old measurements fade
    the prior returns, and with it the choice to try sharing again.
    """

    def __init__(self) -> None:
        self._weight = self._x = self._xx = self._y = self._xy = 0.0

    def observe(self, tokens: int, seconds: float) -> None:
        """A forward pass over `tokens` tokens, all its rows together, took `seconds`."""
        self._weight = MEMORY * self._weight + 1
        self._x = MEMORY * self._x + tokens
        self._xx = MEMORY * self._xx + tokens * tokens
        self._y = MEMORY * self._y + seconds
        self._xy = MEMORY * self._xy + tokens * seconds

    def seconds(self, tokens: int) -> float:
        """Expected time of a forward pass; 0 before the first measurement."""
        fixed, slope = self._line()
        return fixed + slope * tokens

    def gain(self, tokens: int, rows: int) -> float:
        """Throughput of `rows` jobs of `tokens` tokens each in one pass, over one after the other."""
        fixed, slope = self._line() if self._weight else (PRIOR_OVERHEAD, 1.0)
        together = fixed + slope * tokens * rows
        return rows * (fixed + slope * tokens) / together if together else 1.0

    def batch_size(self, tokens: int, waiting: int) -> int:
        """How many of `waiting` jobs of `tokens` tokens each should share the next pass: all of them or one."""
        return waiting if self.gain(tokens, waiting) >= LEAST_GAIN else 1

    def _line(self) -> tuple[float, float]:
        if not self._weight:
            return 0.0, 0.0
        weight = self._weight + PRIOR_WEIGHT
        cross = self._x - PRIOR_WEIGHT * PRIOR_OVERHEAD
        square = self._xx + PRIOR_WEIGHT * PRIOR_OVERHEAD**2
        determinant = weight * square - cross * cross
        fixed = (square * self._y - cross * self._xy) / determinant
        slope = (weight * self._xy - cross * self._y) / determinant
        if fixed < 0:
            return 0.0, self._xy / self._xx
        return (fixed, slope) if slope > 0 else (self._y / self._weight, 0.0)
