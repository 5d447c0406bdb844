"""A figure, the baseline that it stands on, and the limit that it must keep."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    limit: str = ""
    """What it should be, as a person reads it: `<= 1.05`."""
    note: str = ""
    """Against what, and over how many runs."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Iterable[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def show(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Prints the figures, a line each."""
    for figure in figures:
        if as_json:
            print(json.dumps(asdict(figure)), flush=True)
        else:
            limit = f"({figure.limit})" if figure.limit else ""
            print(f"{figure.name:<52}{figure.value:>10.3f} {figure.unit:<8}{limit:<14}{figure.note}", flush=True)
