"""From a job that was handed in to its files, for every command that makes something."""

from pathlib import Path

import typer

from kinoform_client._core.outcome import main_output, raise_unless_succeeded
from kinoform_client.cli.places import Place
from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.session import Exit, note, plain, print_json, print_lines
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import ConditioningReport, Job, JobState


def follow(
    job: JobHandle, place: Place | None, *, wait: bool, previews: Path | None, as_json: bool, after: int = 0
) -> None:
    """Finishes the job, or only prints its name."""
    if wait:
        finish(job, place, previews=previews, as_json=as_json, after=after)
    elif as_json:
        print_json(job.job)
    else:
        print_lines(job.name)


def finish(job: JobHandle, place: Place | None, *, previews: Path | None, as_json: bool, after: int = 0) -> None:
    """Follows a job until it ends or is paused, and saves its files. Raises JobFailedError, JobCancelledError."""
    try:
        with new_bar() as bar:
            view = JobView(bar, job.name.rpartition("/")[2][:8], previews)
            for event in job.watch(after=after):
                view.show(event)
            job.refresh()
            files = _files(job, place, view)
    except KeyboardInterrupt:
        note(f"The job goes on. Follow it with: kinoform job watch {job.name}")
        note(f"Stop it with:                     kinoform job cancel {job.name}")
        raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        print_json(plain(job.job) | {"files": [str(path) for path in files]})
    if job.job.state is JobState.PAUSED:
        if not as_json:
            _paused(job.job, files)
        return
    raise_unless_succeeded(job.job)
    if not as_json:
        print_lines(*map(str, files))
        _report(job.job)


def _files(job: JobHandle, place: Place | None, view: JobView) -> list[Path]:
    if job.job.state is JobState.PAUSED:
        return view.keep_latest(Path(f"{job.name.rpartition('/')[2][:8]}-step{job.job.progress.step}.png"))
    return [] if place is None or not job.outputs else place.save(job, view)


def _paused(job: Job, looks: list[Path]) -> None:
    print_lines(job.name, *map(str, looks))
    note(f"Paused after step {job.progress.step} of {job.progress.steps}. Then either of:")
    note(f"  kinoform job continue {job.name}")
    note(f"  kinoform job fork {job.name} --guidance 5 --prompt-tail …")


def _report(job: Job) -> None:
    """A line for what was made, and one more for each thing that a file's own checks objected to."""
    reports = [(output.role, output.report) for output in job.outputs if output.report is not None]
    main = main_output(job).report
    if main is not None:
        note(main.summary)
    for role, report in reports:
        for finding in () if isinstance(report, ConditioningReport) else report.findings:
            note(f"warning: {role}: {finding}")
