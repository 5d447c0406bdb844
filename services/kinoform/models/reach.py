"""How strongly, and in which steps, a condition acts."""

from typing import NamedTuple

from kinoform.backbone.guidance import ALL_STEPS, StepRange


class Reach(NamedTuple):
    """A condition's strength and its steps."""

    strength: float = 1.0
    """0 = as if it were not there, 1 = as trained."""
    steps: StepRange = ALL_STEPS

    def at(self, step: int, steps: int) -> float:
        """Its strength in step `step`, counted from 0, of `steps`."""
        return self.strength if self.steps.holds(step, steps) else 0.0


FULL = Reach()
