"""What was run in a run folder: a line of JSON a start, and TensorBoard files of what came of it."""

import dataclasses
import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kinoform.training.workers import process_count

Setting = str | int | float | bool | None

SHOWN_FRAMES = 8
"""A sample's row shows so many frames at most, evenly spread."""


class Log:
    """One run's records in TensorBoard's format: `tensorboard --logdir FOLDER/records` shows them.

    Only the process of rank 0 keeps one. A resumed run goes on in a new file of the same folder; what the stopped run
    had written of later steps is passed over.
    """

    def __init__(self, folder: Path, name: str, settings: Mapping[str, Setting], *, resumed_at: int = 0) -> None:
        """`folder` is the run folder, `name` the part that is trained; `resumed_at`: steps done before."""
        # imported here, since it takes seconds and most processes keep no records
        from torch.utils.tensorboard import SummaryWriter

        line = record_run(folder, name, {**settings, "processes": process_count()})
        self._writer = SummaryWriter(folder / "records" / name, purge_step=resumed_at + 1 if resumed_at else None)
        self._writer.add_text("configuration", f"    {json.dumps(line, indent=1)}".replace("\n", "\n    "), resumed_at)
        self._writer.flush()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One point in the curve of each name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def pictures(self, step: int, clips: Tensor, name: str = "samples") -> None:
        """Clips (n, 3, l, h, w) in [-1, 1], a row each, their frames side by side."""
        self._writer.add_image(name, strips(clips), step, dataformats="CHW")
        self._writer.flush()

    def text(self, step: int, name: str, text: str) -> None:
        """Words, such as the captions of the samples."""
        self._writer.add_text(name, text, step)

    def close(self) -> None:
        """Writes what is still in memory."""
        self._writer.close()


def record_run(folder: Path, command: str, settings: Mapping[str, Setting]) -> dict[str, Any]:
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
    return line


def recorded_runs(folder: Path, command: str) -> list[dict[str, Any]]:
    """The lines that `record_run` wrote for a command, oldest first."""
    path = folder / "runs.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["command"] == command]


def settings_of(run: Any) -> dict[str, Setting]:
    """The plain fields of a run's dataclass: records name no paths, and nested ones go by `outer.inner`."""
    found: dict[str, Setting] = {}
    for field in dataclasses.fields(run):
        value = getattr(run, field.name)
        if dataclasses.is_dataclass(value):
            found |= {f"{field.name}.{inner}": each for inner, each in settings_of(value).items()}
        elif value is None or isinstance(value, str | int | float | bool):
            found[field.name] = value
    return found


def strips(clips: Tensor) -> Tensor:
    """A picture (3, n * h, k * w) in [0, 1] of clips (n, 3, l, h, w) in [-1, 1]: k = min(l, SHOWN_FRAMES)."""
    length = clips.shape[2]
    shown = torch.linspace(0, length - 1, min(length, SHOWN_FRAMES)).round().long()
    rows = clips[:, :, shown].permute(1, 0, 3, 2, 4)  # (3, n, h, k, w)
    return (rows.flatten(3, 4).flatten(1, 2) / 2 + 0.5).clamp(0, 1)


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
