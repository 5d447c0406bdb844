"""`kinoform job`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client.cli.finish import finish
from kinoform_client.cli.fork import fork, go_on, pause
from kinoform_client.cli.job_place import place_of
from kinoform_client.cli.options import parse_labels
from kinoform_client.cli.progress import JobView, new_bar, phase
from kinoform_client.cli.session import Exit, local_time, note, plain, print_json, print_table, session
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import Event, Job, JobState

app = typer.Typer(help="Follow and steer jobs.", no_args_is_help=True)
app.command()(pause)
app.command("continue")(go_on)
app.command()(fork)

Name = Annotated[str, typer.Argument(help="projects/P/jobs/J, or J alone.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_jobs(
    context: typer.Context,
    state: Annotated[list[JobState] | None, typer.Option(case_sensitive=False, help="May be repeated.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    label: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    rows = [("JOB", "STATE", "PROGRESS", "KIND", "MODEL", "CREATED", "PROMPT")]
    with session(context).client() as client:
        found = client.jobs.list(
            states=state or (), models=model or (), labels=parse_labels(label), page_size=min(limit, 500)
        )
        for _, job in zip(range(limit), found, strict=False):
            if as_json:
                print_json(job)
            else:
                rows.append(_row(job))
    if not as_json:
        print_table(rows)


@app.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a job as it stands now."""
    with session(context).client() as client:
        _show(client.jobs.get(name), as_json)


@app.command()
def watch(
    context: typer.Context,
    name: Name,
    after: Annotated[int, typer.Option(min=0, help="Only events after this number.")] = 0,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE|FOLDER/", help="Save what it makes.")
    ] = None,
    previews: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep the previews there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Follow a job until it ends; with --json every event is a line."""
    with session(context).client() as client:
        job = client.job(name)
        if not as_json:
            place = None if output is None else place_of(job.job, output)
            finish(job, place, previews=previews, as_json=False, after=after)
            return
        _watch_json(job, after, previews)


@app.command()
def cancel(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """End a job. A running one ends at its next step."""
    with session(context).client() as client:
        _show(client.jobs.cancel(name), as_json)


@app.command()
def retry(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint."""
    with session(context).client() as client:
        _show(client.jobs.retry(name), as_json)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    assets: Annotated[bool, typer.Option("--assets", help="Delete what it made as well.")] = False,
) -> None:
    """Delete an ended job. Its outputs stay unless --assets is given."""
    with session(context).client() as client:
        client.jobs.delete(name, assets=assets)


def _watch_json(job: JobHandle, after: int, previews: Path | None) -> None:
    state = job.job.state
    try:
        with new_bar() as bar:
            view = JobView(bar, job.name.rpartition("/")[2][:8], previews)
            for event in job.watch(after=after):
                view.show(event)
                print_json({"event": event_name(event)} | plain(event))
            state = job.refresh().state
    except KeyboardInterrupt:
        note(f"The job goes on. Follow it with: kinoform job watch {job.name}")
        raise typer.Exit(Exit.INTERRUPTED) from None
    if state in (JobState.FAILED, JobState.CANCELLED):
        raise typer.Exit(Exit.FAILED)


def event_name(event: Event) -> str:
    """`state_changed`, `progress`, …"""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _show(job: Job, as_json: bool) -> None:
    if as_json:
        print_json(job)
        return
    print_table(_facts(job))


def _facts(job: Job) -> list[tuple[str, str]]:
    facts = [("job", job.name), ("state", job.state), ("kind", job.kind)]
    facts += [("model", job.model), ("prompt", _prompt(job))]
    if not job.state.ended:
        facts.append(("progress", phase(job.progress)))
    facts.append(("seed", str(job.request.get("spec", {}).get("sampling", {}).get("seed", ""))))
    facts.append(("created", local_time(job.times.created)))
    if job.lineage is not None:
        facts.append(("forked from", f"{job.lineage.job}, step {job.lineage.step}"))
    if job.kept_steps:
        facts.append(("kept steps", ", ".join(map(str, job.kept_steps))))
    if job.attempt > 1:
        facts.append(("attempt", str(job.attempt)))
    facts += [("label", f"{key}={value}") for key, value in job.labels.items()]
    facts += [("warning", text) for text in job.warnings]
    facts += [(output.role, f"{output.asset} ({output.size_bytes} bytes)") for output in job.outputs]
    facts += [(f"{output.role} report", output.report.summary) for output in job.outputs if output.report is not None]
    if job.error is not None:
        facts.append(("error", str(job.error)))
    return facts


def _row(job: Job) -> tuple[str, str, str, str, str, str, str]:
    progress = "" if job.state.ended else phase(job.progress)
    created = local_time(job.times.created)
    return (job.name.rpartition("/")[2], job.state, progress, job.kind, job.model, created, _prompt(job))


def _prompt(job: Job) -> str:
    return str(job.request.get("spec", {}).get("prompt", {}).get("text", ""))
