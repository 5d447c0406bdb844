"""`kinoform job pause`, `continue` and `fork`: stop, look, decide."""

from typing import Annotated

import typer

from kinoform_client.cli import options
from kinoform_client.cli.finish import follow
from kinoform_client.cli.job_place import place_of
from kinoform_client.cli.places import Place
from kinoform_client.cli.session import print_json, print_lines, session
from kinoform_client.errors import invalid
from kinoform_client.types import Job

Name = Annotated[str, typer.Argument(help="projects/P/jobs/J, or J alone.", show_default=False)]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE|FOLDER/", help="Save what it makes.")]


def pause(context: typer.Context, name: Name, as_json: options.AsJson = False) -> None:
    """Pause a job after its present step. A preview of it comes with the pause."""
    with session(context).client() as client:
        job = client.jobs.pause(name)
    print_json(job) if as_json else print_lines(f"{job.name} {job.state}")


def go_on(
    context: typer.Context,
    name: Name,
    pause_at: options.PauseAt = None,
    output: Output = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Let a paused job go on, follow it, and save what it makes."""
    with session(context).client() as client:
        job = client.job(name)
        place, seen = _place(job.job, output), job.job.last_sequence
        job.resume(pause_at=pause_at)
        follow(job, place, wait=wait, previews=previews, as_json=as_json, after=seen)


def fork(
    context: typer.Context,
    name: Name,
    step: Annotated[int | None, typer.Option(help="A kept step; the latest if left out.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Another prompt from there on.")] = None,
    prompt_tail: Annotated[str | None, typer.Option(help="Words put behind the prompt from there on.")] = None,
    guidance: options.Guidance = None,
    remaining_steps: Annotated[int | None, typer.Option(help="Steps from there on; as many as were left.")] = None,
    image_strength: Annotated[float | None, typer.Option(help="How firmly the picture leads from there on.")] = None,
    condition_strength: Annotated[
        list[str] | None, typer.Option(metavar="NUMBER=STRENGTH", help="Of a condition, from 0. May be repeated.")
    ] = None,
    pause_at: options.PauseAt = None,
    priority: options.Priority = 0,
    label: options.Labels = None,
    output: Output = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Make a new job of a kept step of another: what is given changes from there on, what is done stays."""
    strengths = _strengths(condition_strength)
    with session(context).client() as client:
        job = client.job(name)
        place = _place(job.job, output)
        made = job.fork(
            step=step,
            prompt=prompt,
            prompt_tail=prompt_tail,
            guidance=guidance,
            remaining_steps=remaining_steps,
            image_strength=image_strength,
            condition_strengths=strengths,
            pause_at=pause_at,
            priority=priority,
            labels=options.parse_labels(label),
        )
        follow(made, place, wait=wait, previews=previews, as_json=as_json)


def _place(job: Job, output: str | None) -> Place | None:
    return None if output is None else place_of(job, output)


def _strengths(pairs: list[str] | None) -> dict[int, float]:
    found = {}
    for pair in pairs or ():
        number, _, strength = pair.partition("=")
        try:
            found[int(number)] = float(strength)
        except ValueError:
            raise invalid("--condition-strength", f"must be NUMBER=STRENGTH, like 0=0.5; got {pair!r}") from None
    return found
