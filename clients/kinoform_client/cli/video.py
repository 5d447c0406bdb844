"""`kinoform video`."""

from typing import Annotated

import typer

from kinoform_client.cli import options
from kinoform_client.cli.clip_options import Conditions, RepaintOption, clip_given, repaint_given
from kinoform_client.cli.clip_place import clip_place
from kinoform_client.cli.finish import follow
from kinoform_client.cli.places import slug
from kinoform_client.cli.session import session
from kinoform_client.types import Upscale

app = typer.Typer(help="Make video clips.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make video clips."""


@app.command()
def generate(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What to show.", show_default=False)],
    image: Annotated[str | None, typer.Option(help="First frame: PNG, JPEG or WebP file, or an asset's name.")] = None,
    condition: Conditions = None,
    repaint: RepaintOption = None,
    model: options.Model = "",
    frames: Annotated[int | None, typer.Option(help="Length in frames.")] = None,
    width: Annotated[int | None, typer.Option(help="Width in pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Height in pixels.")] = None,
    fps: options.Fps = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    seed: options.Seed = None,
    negative: options.Negative = "",
    view_size: Annotated[str | None, typer.Option(metavar="WxH", help="Enlarge the file's pictures.")] = None,
    upscale: Annotated[Upscale | None, typer.Option(help="How to enlarge.")] = None,
    reproducible: options.Reproducible = False,
    pause_at: options.PauseAt = None,
    keep_step: options.KeepSteps = None,
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE|FOLDER/", help=".mp4, .webm, .gif, or a folder for PNG frames."),
    ] = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Make a clip from a PROMPT, follow it, and save it."""
    given = clip_given(image, condition)
    place = clip_place(output, slug(prompt, "clip"))
    with session(context).client() as client:
        job = client.videos.generate(
            prompt,
            model=model,
            frames=frames,
            width=width,
            height=height,
            fps=fps,
            steps=steps,
            guidance=guidance,
            seed=seed,
            negative_prompt=negative,
            reproducible=reproducible,
            pause_at=pause_at,
            keep_steps=keep_step or (),
            format=place.format,
            view_size=None if view_size is None else options.parse_size("--view-size", view_size),
            upscale=upscale,
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
            # last, when every other option is known to be right: they have pictures prepared
            image=given.image(client, priority),
            image_strength=None if given.first is None else given.first.strength,
            image_steps=None if given.first is None else given.first.steps,
            conditions=given.conditions(client, priority),
            repaint=repaint_given(repaint),
        )
        follow(job, place, wait=wait, previews=previews, as_json=as_json)
