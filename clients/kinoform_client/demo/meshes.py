"""The demo's meshes: one from a prompt, one from a prompt and a picture, each with a turntable."""

import time
from dataclasses import dataclass
from pathlib import Path

from kinoform_client.demo import html
from kinoform_client.demo.studio import Chapter, Studio, counted
from kinoform_client.demo.words import captions
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import MeshFormat, MeshReport, Model

_FORMATS = (MeshFormat.GLB, MeshFormat.USDZ)
_OPEN_PROMPTS = ("a wooden chair with four legs", "a blue vase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A mesh to ask for."""

    name: str
    """Stem of its files."""
    prompt: str
    seed: int
    image: Path | None = None
    """A picture of what it shall be."""

    @property
    def caption(self) -> str:
        """What to write under it."""
        return self.prompt if self.image is None else f"{self.prompt} (with a picture)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A mesh that was made."""

    wish: Wish
    files: tuple[Path, ...]
    """In each format."""
    poster: Path
    turntable: Path
    turntable_poster: Path
    report: MeshReport | None
    seconds: float
    """From asking to having the mesh."""
    turntable_s: float
    """The same of the turntable."""
    warnings: tuple[str, ...]


def chapter(studio: Studio, model: Model) -> Chapter:
    """Two meshes; the second from the first one's words and picture, if the model takes pictures."""
    first, second = wishes(model)
    made = [_make(studio, model, first)]
    if model.image_input:
        second = Wish(name="mesh-from-picture", prompt=first.prompt, seed=second.seed, image=made[0].poster)
    made.append(_make(studio, model, second))
    return Chapter(
        title=counted(len(made), "mesh"),
        model=model,
        figures=tuple(_figure(each, studio.output) for each in made),
        files=tuple(file for each in made for file in (*each.files, each.turntable)),
        films=tuple((each.turntable, each.wish.caption) for each in made),
        command=_command(made[0], studio.again(model, made[0].wish.seed)),
    )


def wishes(model: Model) -> list[Wish]:
    """Two meshes: of combinations never trained on, if the card lists such."""
    prompts = captions(model, _OPEN_PROMPTS)
    numbered = [(number, prompts[(number - 1) % len(prompts)]) for number in (1, 2)]
    return [Wish(name=f"mesh-{number}", prompt=prompt, seed=number) for number, prompt in numbered]


def _make(studio: Studio, model: Model, wish: Wish) -> Made:
    """Asks for a mesh and its turntable, follows them, and saves both."""
    began = time.monotonic()
    view = studio.view(wish.caption)
    job = studio.client.meshes.generate(
        wish.prompt,
        image=wish.image,
        model=model.name,
        seed=wish.seed,
        steps=studio.steps,
        formats=_FORMATS,
        labels={"demo": wish.name},
    )
    studio.finish(job, view)
    files = tuple(job.output(each).download(studio.output / f"{wish.name}.{each}") for each in _FORMATS)
    poster = job.output("poster").download(studio.output / f"{wish.name}.png")
    seconds = time.monotonic() - began
    view.done(f"{seconds:.1f} s")
    film = _turn(studio, job, wish)
    report = job.output(MeshFormat.GLB).report
    return Made(
        wish=wish,
        files=files,
        poster=poster,
        turntable=film.output("video").download(studio.output / f"{wish.name}-turntable.mp4"),
        turntable_poster=film.output("poster").download(studio.output / f"{wish.name}-turntable.png"),
        report=report if isinstance(report, MeshReport) else None,
        seconds=seconds,
        turntable_s=time.monotonic() - began - seconds,
        warnings=job.job.warnings,
    )


def _turn(studio: Studio, mesh: JobHandle, wish: Wish) -> JobHandle:
    view = studio.view(f"{wish.caption}: turntable")
    film = studio.client.meshes.turntable(mesh.output(MeshFormat.GLB), labels={"demo": f"{wish.name}-turntable"})
    studio.finish(film, view)
    view.done("shown")
    return film


def _figure(mesh: Made, root: Path) -> str:
    wish = mesh.wish
    made_from = "made from the words and this picture: the suite's own render of the first mesh, so not a photograph"
    return html.figure(
        html.video(mesh.turntable, mesh.turntable_poster),
        wish.caption,
        mesh.report.summary if mesh.report else "",
        f"seed {wish.seed} · {mesh.seconds:.1f} s from asking to having, {mesh.turntable_s:.1f} s for the turntable",
        "" if wish.image is None else html.origin(wish.image, made_from),
        html.downloads(mesh.files, root),
        warnings=(*mesh.warnings, *(mesh.report.findings if mesh.report else ())),
    )


def _command(mesh: Made, again: str) -> str:
    return f'kinoform mesh generate "{mesh.wish.prompt}" {again} --format {",".join(_FORMATS)} -o {mesh.wish.name}'
