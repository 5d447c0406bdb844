"""`kinoform material`."""

from typing import Annotated

import typer

from kinoform_client.cli import options
from kinoform_client.cli.finish import follow
from kinoform_client.cli.job_picture import Condition, job_picture
from kinoform_client.cli.material_place import material_place
from kinoform_client.cli.places import slug
from kinoform_client.cli.session import session
from kinoform_client.errors import invalid

app = typer.Typer(help="Make design materials.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make design materials."""


@app.command()
def generate(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Argument(help="What it is.", show_default=False)] = None,
    image: Annotated[
        str | None, typer.Option(help="Photograph of a flat surface: PNG, JPEG, WebP, or an asset's name.")
    ] = None,
    condition: Condition = None,
    size: Annotated[int | None, typer.Option(help="Edge of the maps in pixels: 256, 512 or 1024.")] = None,
    size_m: Annotated[float | None, typer.Option(help="Edge of the tile in metres; typical if left out.")] = None,
    model: options.Model = "",
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    seed: options.Seed = None,
    negative: options.Negative = "",
    reproducible: options.Reproducible = False,
    pause_at: options.PauseAt = None,
    keep_step: options.KeepSteps = None,
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FOLDER|FILE.zip", help="Maps and previews, or the maps' ZIP file."),
    ] = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Make a seamless material from a PROMPT or a picture: 16-bit maps, MaterialX, a ball, a swatch and a sphere."""
    picture = job_picture(image, condition)
    if picture is not None and picture.strength is not None:
        raise invalid("--condition", "has a strength, but no model is led: a picture's material is cut out of it")
    if prompt is None and picture is None:
        raise invalid("PROMPT", "say which material, or give a picture of it with --image or --condition")
    place = material_place(output, slug(prompt or ("" if picture is None else picture.stem("material")), "material"))
    with session(context).client() as client:
        job = client.materials.generate(
            prompt,
            image=None if picture is None else picture.given(client, priority),
            size=size,
            size_m=size_m,
            model=model,
            steps=steps,
            guidance=guidance,
            seed=seed,
            negative_prompt=negative,
            reproducible=reproducible,
            pause_at=pause_at,
            keep_steps=keep_step or (),
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
        )
        follow(job, place, wait=wait, previews=previews, as_json=as_json)
