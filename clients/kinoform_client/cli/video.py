"""`kinoform video`."""

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client._core.outcome import raise_unless_succeeded
from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.session import Exit, note, plain, print_json, print_lines, session
from kinoform_client.cli.target import Target, target, unpack_frames
from kinoform_client.errors import invalid
from kinoform_client.sync.handles import JobHandle
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
    model: Annotated[str, typer.Option(help="Model; the server's default if left out.")] = "",
    frames: Annotated[int | None, typer.Option(help="Length in frames.")] = None,
    width: Annotated[int | None, typer.Option(help="Width in pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Height in pixels.")] = None,
    fps: Annotated[str | None, typer.Option(help="Frame rate: 24, or exactly 24000/1001.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    guidance: Annotated[float | None, typer.Option(help="Guidance scale; 1 is none.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the noise; chosen if left out.")] = None,
    negative: Annotated[str, typer.Option(help="What to steer away from.")] = "",
    view_size: Annotated[str | None, typer.Option(metavar="WxH", help="Enlarge the file's pictures.")] = None,
    upscale: Annotated[Upscale | None, typer.Option(help="How to enlarge.")] = None,
    reproducible: Annotated[bool, typer.Option(help="Never share a forward pass with other jobs.")] = False,
    priority: Annotated[int, typer.Option(help="-100 to 100; higher runs first.")] = 0,
    label: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be repeated.")] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE|FOLDER/", help=".mp4, .webm, .gif, or a folder for PNG frames."),
    ] = None,
    previews: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep the previews there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the job as one JSON object.")] = False,
    wait: Annotated[bool, typer.Option(" /--no-wait", help="Return at once; print the job's name.")] = True,
) -> None:
    """Make a clip from a PROMPT, follow it, and save it."""
    place = target(output, prompt)
    with session(context).client() as client:
        job = client.videos.generate(
            prompt,
            image=image,
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
            format=place.format,
            view_size=None if view_size is None else parse_size(view_size),
            upscale=upscale,
            priority=priority,
            labels=labels(label),
        )
        if wait:
            finish(job, place, previews=previews, as_json=as_json)
        elif as_json:
            print_json(job.job)
        else:
            print_lines(job.name)


def finish(job: JobHandle, place: Target | None, *, previews: Path | None, as_json: bool, after: int = 0) -> None:
    """Follows a job to its end and saves its video. Raises JobFailedError or JobCancelledError."""
    try:
        with new_bar() as bar:
            view = JobView(bar, job.name.rpartition("/")[2][:8], previews)
            for event in job.watch(after=after):
                view.show(event)
            job.refresh()
            files = [] if place is None or not job.outputs else save(job, place, view)
    except KeyboardInterrupt:
        note(f"The job goes on. Follow it with: kinoform job watch {job.name}")
        note(f"Stop it with:                     kinoform job cancel {job.name}")
        raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        print_json(plain(job.job) | {"files": [str(path) for path in files]})
    raise_unless_succeeded(job.job)
    if not as_json:
        print_lines(*map(str, files))


def save(job: JobHandle, place: Target, view: JobView) -> list[Path]:
    """Downloads the video: a file, or the frames it holds."""
    video = job.output("video")
    if not place.folder:
        return [video.download(place.path, report=view.moved)]
    place.path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.path, prefix=".kinoform-") as scratch:
        archive = video.download(Path(scratch) / "frames.zip", report=view.moved)
        unpack_frames(archive, place.path)
    return [place.path]


def parse_size(text: str) -> tuple[int, int]:
    """`256x256`. Raises InvalidArgumentError."""
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if not found:
        raise invalid("--view-size", f"must be WIDTHxHEIGHT, like 256x256; got {text!r}")
    return int(found[1]), int(found[2])


def labels(pairs: list[str] | None) -> dict[str, str]:
    """`KEY=VALUE` each. Raises InvalidArgumentError."""
    found = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise invalid("--label", f"must be KEY=VALUE, got {pair!r}")
        found[key] = value
    return found
