"""How long to wait before a disturbed job is tried again, and when to give it up."""

from dataclasses import dataclass, field
from random import Random

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 3.0
LONGEST_FULL_PAUSE_S = 20.0
"""While the asset store is full, since every attempt may make everything anew."""


@dataclass(slots=True)
class _Trouble:
    pauses: int = 0
    deaths: int = 0


@dataclass(slots=True)
class Patience:
    """Counts, for each job, the attempts that were cut short since it last came further."""

    most_deaths: int
    """A job whose replica died so often without a new checkpoint in between is what kills it."""
    random: Random = field(default_factory=Random)
    _troubles: dict[str, _Trouble] = field(default_factory=dict)

    def advanced(self, job: str) -> None:
        """The job came further, or ended: old troubles are forgotten."""
        self._troubles.pop(job, None)

    def died(self, job: str) -> bool:
        """The job's stream broke after the replica had taken it. False: enough of that."""
        trouble = self._troubles.setdefault(job, _Trouble())
        trouble.deaths += 1
        return trouble.deaths < self.most_deaths

    def pause_s(self, job: str, *, longest_s: float = LONGEST_PAUSE_S) -> float:
        """Seconds until the next attempt: longer each time, with jitter, and never past `longest_s`."""
        trouble = self._troubles.setdefault(job, _Trouble())
        longest = min(longest_s, FIRST_PAUSE_S * 2**trouble.pauses)
        trouble.pauses = min(trouble.pauses + 1, 16)
        return longest * self.random.uniform(0.5, 1.0)
