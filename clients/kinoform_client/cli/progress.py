"""A job's progress, for people: a live line on a terminal, plain lines elsewhere. Always on stderr."""

import time
from pathlib import Path

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from kinoform_client import types
from kinoform_client.cli.session import note, stderr

_EVERY_S = 2.0


def new_bar() -> Progress:
    """The live display of one or several jobs; shows nothing where there is no terminal. A context manager."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[label]}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    )


class JobView:
    """Shows one job's events as they come. With a folder it also keeps the previews there."""

    def __init__(self, bar: Progress, label: str, previews: Path | None = None) -> None:
        self._bar = bar
        self._label = label
        self._previews = previews
        self._said = ("", 0.0)
        self._latest: types.Preview | None = None
        self._task = bar.add_task("waiting", label=label, total=None)

    def show(self, event: types.Event) -> None:
        """Takes one event."""
        match event:
            case types.Progress():
                self._progress(event)
            case types.StateChanged(state=state) if state in (types.JobState.QUEUED, types.JobState.RUNNING):
                self._say(state.lower() + (f" ({event.reason})" if event.reason else ""))
            case types.WarningRaised(message=message):
                note(f"warning: {message}")
            case types.Preview():
                self._latest = event
                if self._previews is not None:
                    self._previews.mkdir(parents=True, exist_ok=True)
                    (self._previews / f"preview_{event.step:04d}.png").write_bytes(event.image)

    def keep_latest(self, path: Path) -> list[Path]:
        """Writes the latest preview, unless it is kept already; where, if there is one."""
        if self._latest is None or self._previews is not None:
            return []
        path.write_bytes(self._latest.image)
        return [path]

    def moved(self, done: int, total: int) -> None:
        """Bytes of a transfer."""
        self._bar.update(self._task, completed=done, total=total, description=f"{done >> 10} of {total >> 10} KiB")

    def done(self, text: str) -> None:
        """The job's line stands still from now on."""
        self._bar.update(self._task, description=text, completed=1, total=1)

    def _progress(self, event: types.Progress) -> None:
        text = phase(event)
        if event.steps:
            self._bar.update(self._task, completed=event.step, total=event.steps, description=text)
        self._say(text, stage=event.stage)

    def _say(self, text: str, stage: str = "") -> None:
        self._bar.update(self._task, description=text)
        if stderr.is_terminal:
            return
        last_stage, last_time = self._said
        if not stage or stage != last_stage or time.monotonic() - last_time >= _EVERY_S:
            self._said = (stage, time.monotonic())
            note(f"{self._label}: {text}")


def phase(progress: types.JobProgress) -> str:
    """`denoise 5/20, about 12 s left`."""
    if progress.queue_position:
        text = f"queued, {progress.queue_position} ahead"
    elif progress.stage in (types.Stage.QUEUED, types.Stage.UNKNOWN):
        text = "queued, next"
    elif progress.stage in (types.Stage.DENOISE, types.Stage.RENDER):
        text = f"{progress.stage} {progress.step}/{progress.steps}"
    else:
        text = str(progress.stage)
    if progress.eta is not None:
        text += f", about {max(1, round(progress.eta.total_seconds()))} s left"
    return text
