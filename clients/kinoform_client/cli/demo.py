"""`kinoform demo`: the whole suite, started, used and stopped by one command."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client._core.retry import RetryPolicy
from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.serve import Runtime, serve_command
from kinoform_client.cli.session import note, print_lines
from kinoform_client.demo.chapters import chosen, make_chapters, missing
from kinoform_client.demo.frames import needs_pictures, write_sheet
from kinoform_client.demo.page import Run, write_page
from kinoform_client.demo.studio import Chapter, Studio
from kinoform_client.demo.suite import Suite
from kinoform_client.errors import FailedPreconditionError
from kinoform_client.sync.client import Client
from kinoform_client.types import Model, ModelKind


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for files, sheet and page.")] = Path(
        "demo-out"
    ),
    runtime: Annotated[Runtime, typer.Option(help="Ray Serve, or one process without Ray.")] = Runtime.RAY,
    model: Annotated[
        str | None, typer.Option(metavar="NAME=FAMILY:PATH", help="Use this model instead of the default one.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps; the model's default if left out.")] = None,
) -> None:
    """Start the suite, make clips, meshes and a material from prompts and pictures, show them, stop everything."""
    needs_pictures()
    began = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinoform-demo-") as scratch:
        offered = ["--model", model] if model else []
        command = serve_command(["--runtime", runtime, "--port", "0", "--data", scratch, *offered])
        note(f"Starting the suite ({runtime} runtime) with a fresh data folder …")
        with Suite(command, output / "server.log") as suite:
            started = time.monotonic() - began
            note(f"Ready at {suite.address} after {started:.1f} s.")
            with Client(suite.address, retry=RetryPolicy(total_s=60, patience_s=300)) as client:
                models = _models(client, model)
                chapters = make_everything(client, models, output, steps)
    run = Run(
        runtime=runtime, started_s=started, took_s=time.monotonic() - began, left_out=tuple(map(str, missing(models)))
    )
    present(output, chapters, run)


def make_everything(
    client: Client, models: dict[ModelKind, Model], output: Path, steps: int | None
) -> Sequence[Chapter]:
    """All that the server can make, in `output`. Raises FailedPreconditionError if that is nothing."""
    if not models:
        raise FailedPreconditionError("this server offers no model to show")
    for kind in missing(models):
        note(f"This server offers no {kind} model: nothing of that kind is made.")
    with new_bar() as bar:
        studio = Studio(client=client, output=output, steps=steps, view=lambda caption: JobView(bar, caption))
        return make_chapters(studio, models)


def present(output: Path, chapters: Sequence[Chapter], run: Run) -> None:
    """Writes contact sheet and page, and prints where everything is."""
    films = [film for chapter in chapters for film in chapter.films]
    sheets = [write_sheet(films, output / "contact-sheet.png")] if films else []
    page = write_page(output / "index.html", chapters, run)
    files = [file for chapter in chapters for file in chapter.files]
    print_lines(*map(str, [*files, *sheets, page]))
    made = ", ".join(chapter.title for chapter in chapters if chapter.model is not None)
    note(f"{made} in {run.took_s:.0f} s, of which {run.started_s:.0f} s to start.")
    note(f"Open {page.resolve()}")


def _models(client: Client, registration: str | None) -> dict[ModelKind, Model]:
    preferred = None if registration is None else registration.partition("=")[0]
    return chosen(client.models.list(), preferred)
