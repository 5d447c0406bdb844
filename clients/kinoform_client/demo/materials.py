"""The demo's material."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kinoform_client.archive import MATERIAL, map_files, open_stored, unpack
from kinoform_client.demo import html
from kinoform_client.demo.frames import thumbnail
from kinoform_client.demo.studio import Chapter, Studio, counted
from kinoform_client.demo.words import captions
from kinoform_client.types import MaterialReport, Model

_OPEN_PROMPTS = ("red brick wall",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A material to ask for."""

    name: str
    """Folder of its files."""
    prompt: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A material that was made."""

    wish: Wish
    archive: Path
    maps: Mapping[str, Path]
    """By their names."""
    ball: bytes
    """PNG."""
    swatch: bytes
    """PNG; two tiles by two, lit."""
    report: MaterialReport | None
    seconds: float
    """From asking to having."""
    warnings: tuple[str, ...]


def chapter(studio: Studio, model: Model) -> Chapter:
    """One material."""
    made = [_make(studio, model, wish) for wish in wishes(model)]
    return Chapter(
        title=counted(len(made), "material"),
        model=model,
        figures=tuple(_figure(each, studio.output) for each in made),
        files=tuple(each.archive for each in made),
        films=(),
        command=_command(made[0], studio.again(model, made[0].wish.seed)),
    )


def wishes(model: Model) -> list[Wish]:
    """One material: of a combination never trained on, if the card lists such."""
    return [Wish(name="material-1", prompt=captions(model, _OPEN_PROMPTS)[0], seed=1)]


def _make(studio: Studio, model: Model, wish: Wish) -> Made:
    """Asks for a material, follows it, and saves it as it is and unpacked."""
    began = time.monotonic()
    view = studio.view(wish.prompt)
    job = studio.client.materials.generate(
        wish.prompt, model=model.name, seed=wish.seed, steps=studio.steps, labels={"demo": wish.name}
    )
    studio.finish(job, view)
    material = job.output("material")
    archive = material.download(studio.output / f"{wish.name}.zip")
    maps = _unpacked(archive, studio.output / wish.name)
    seconds = time.monotonic() - began
    view.done(f"{seconds:.1f} s")
    return Made(
        wish=wish,
        archive=archive,
        maps=maps,
        ball=job.output("poster").read(),
        swatch=job.output("swatch").read(),
        report=material.report if isinstance(material.report, MaterialReport) else None,
        seconds=seconds,
        warnings=job.job.warnings,
    )


def _unpacked(archive: Path, folder: Path) -> dict[str, Path]:
    unpack(archive, MATERIAL, folder)
    with open_stored(str(archive), MATERIAL) as material:
        return {name: folder / file for name, file in map_files(material).items()}


def _figure(material: Made, root: Path) -> str:
    looks = html.picture(material.ball, "A ball of the material") + html.picture(material.swatch, "Two tiles by two")
    strip = "".join(_map(name, path) for name, path in material.maps.items())
    return html.figure(
        f'<div class="looks">{looks}</div>\n<div class="maps">{strip}</div>',
        material.wish.prompt,
        material.report.summary if material.report else "",
        f"seed {material.wish.seed} · {material.seconds:.1f} s from asking to having",
        html.downloads((material.archive,), root),
        warnings=(*material.warnings, *(material.report.findings if material.report else ())),
        wide=True,
    )


def _map(name: str, path: Path) -> str:
    return f"<span>{html.picture(thumbnail(path), '')}{escape(name.replace('_', ' '))}</span>"


def _command(material: Made, again: str) -> str:
    return f'kinoform material generate "{material.wish.prompt}" {again} -o {material.wish.name}'
