"""`kinoform demo`: the whole suite, started, used and stopped by one command."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client._core.retry import RetryPolicy
from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.serve import Runtime, serve_command
from kinoform_client.cli.session import note, print_lines
from kinoform_client.demo.clips import Made, Wish, picture_wish, wishes
from kinoform_client.demo.frames import needs_pictures, write_sheet
from kinoform_client.demo.page import write_page
from kinoform_client.demo.suite import Suite
from kinoform_client.sync.client import Client
from kinoform_client.types import Model

_LOOK = 384
"""Longer side of the demo's files, in pixels."""


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for clips, sheet and page.")] = Path(
        "demo-out"
    ),
    runtime: Annotated[Runtime, typer.Option(help="Ray Serve, or one process without Ray.")] = Runtime.RAY,
    model: Annotated[
        str | None, typer.Option(metavar="NAME=FAMILY:PATH", help="Use this model instead of the default one.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps; the model's default if left out.")] = None,
) -> None:
    """Start the suite, make three clips from prompts and one from a picture, show them, stop everything."""
    needs_pictures()
    began = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinoform-demo-") as scratch:
        command = serve_command(runtime, host="127.0.0.1", port=0, data=Path(scratch), models=[model] if model else [])
        note(f"Starting the suite ({runtime} runtime) with a fresh data folder …")
        with Suite(command, output / "server.log") as suite:
            started = time.monotonic() - began
            note(f"Ready at {suite.address} after {started:.1f} s.")
            with Client(suite.address, retry=RetryPolicy(total_s=60, patience_s=300)) as client:
                chosen = _chosen(client, model)
                clips = _Studio(client=client, model=chosen, output=output, steps=steps).make_all()
    write_sheet([(each.file, each.caption) for each in clips], output / "contact-sheet.png")
    took = time.monotonic() - began
    page = write_page(output / "index.html", chosen, clips, started_s=started, took_s=took, runtime=runtime)
    print_lines(*(str(each.file) for each in clips), str(output / "contact-sheet.png"), str(page))
    clips_s = sum(each.seconds for each in clips) / len(clips)
    note(
        f"{len(clips)} clips in {took:.0f} s, of which {started:.0f} s to start; {clips_s:.1f} s from asking to having."
    )
    note(f"Open {page.resolve()}")


def _chosen(client: Client, registration: str | None) -> Model:
    if registration is not None:
        return client.models.get(registration.partition("=")[0])
    return next(model for model in client.models.list() if model.is_default)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Studio:
    """What all the demo's clips have in common."""

    client: Client
    model: Model
    output: Path
    steps: int | None

    def make_all(self) -> list[Made]:
        """Three clips at once, so that they share forward passes; then one from a picture."""
        asked = wishes(self.model)
        with new_bar() as bar:
            views = [JobView(bar, wish.caption) for wish in asked]
            with ThreadPoolExecutor(len(asked)) as pool:
                made = list(pool.map(self.make, asked, views))
            if self.model.image_input:
                wish = picture_wish(self.model, asked[0])
                made.append(self.make(wish, JobView(bar, wish.caption), made[0].file.with_suffix(".png")))
        return made

    def make(self, wish: Wish, view: JobView, image: Path | None = None) -> Made:
        """Asks for a clip, follows it, and saves it with its poster."""
        began = time.monotonic()
        width, height = self.model.clip.default_size
        factor = max(1, _LOOK // max(width, height))
        view_size = width * factor, height * factor
        job = self.client.videos.generate(
            wish.prompt,
            model=self.model.name,
            image=image,
            seed=wish.seed,
            steps=self.steps,
            view_size=view_size,
            labels={"demo": wish.name},
        )
        for event in job.watch():
            view.show(event)
        job.result()
        file = job.output("video").download(self.output / f"{wish.name}.mp4")
        job.output("poster").download(file.with_suffix(".png"))
        seconds = time.monotonic() - began
        view.done(f"{seconds:.1f} s")
        note(f"{file}: {wish.prompt} ({seconds:.1f} s)")
        return Made(
            wish=wish,
            file=file,
            seconds=seconds,
            warnings=job.job.warnings,
            image=image,
            view_size=view_size,
            steps=job.job.progress.steps,
        )
