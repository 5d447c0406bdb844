"""What was run in a run folder: a line of JSON a command, so that weights can be traced to code and settings."""

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import torch

Setting = str | int | float | bool | None


def record_run(folder: Path, command: str, settings: Mapping[str, Setting]) -> None:
    """Appends to runs.jsonl in the run folder: the time, the command and its settings, git revision, versions."""
    folder.mkdir(parents=True, exist_ok=True)
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "settings": dict(settings),
        "revision": revision(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    with (folder / "runs.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def revision() -> str | None:
    """The git revision of this code, with "+" when files have changed since; None outside a checkout."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
