"""What a run folder tells of the effort behind its weights."""

from pathlib import Path
from typing import Any

import torch

from kinoform.training.records import recorded_runs

MACHINE = "2 CPU cores"


def cost(run: Path, parts: tuple[str, ...]) -> dict[str, Any]:
    """For each part that has a checkpoint in the run folder: steps, parameters and, where they were kept, hours,
    samples, settings and git revision. As JSON values."""
    return {part: _cost(run, part) for part in parts if (run / f"{part}.pt").exists()}


def history_of(run: Path) -> list[str]:
    """The lines of history.txt, which tells of what the records do not: changes on the way, runs before this one."""
    history = run / "history.txt"
    return history.read_text().splitlines() if history.exists() else []


def _cost(run: Path, part: str) -> dict[str, Any]:
    state = torch.load(run / f"{part}.pt", weights_only=True, mmap=True)
    found: dict[str, Any] = {
        "steps": int(state["step"]),
        "parameters": sum(weight.numel() for weight in state["average"].values()),
    }
    if state.get("seconds"):
        found["hours"] = round(state["seconds"] / 3600, 2)
    if lines := recorded_runs(run, part):
        settings = lines[-1]["settings"]
        found |= {"revision": lines[-1]["revision"], "settings": settings}
        if "batch" in settings:
            found["samples"] = found["steps"] * settings["batch"] * settings["processes"]
    return found
