"""How much memory the states of a model's jobs may take."""

from pathlib import Path

import torch

SHARE = 0.25
"""Of what is free once the model is loaded: a step needs more beside its state, and so do other models."""


def state_budget(root: Path = Path("/")) -> int | None:
    """Bytes for the states of one model; None where nobody says what is free. root: of the file system, for tests."""
    free = _accelerator() if torch.accelerator.is_available() else _machine(root)
    return None if free is None else int(SHARE * free)


def _accelerator() -> int | None:
    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else None


def _machine(root: Path) -> int | None:
    """The least of what the machine has, and what the container may have."""
    group = root / "sys/fs/cgroup"
    limit, used = _number(group / "memory.max"), _number(group / "memory.current")
    within = None if limit is None or used is None else max(0, limit - used)
    return min((free for free in (_available(root / "proc/meminfo"), within) if free is not None), default=None)


def _available(meminfo: Path) -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # `max` where there is no limit
        return None
