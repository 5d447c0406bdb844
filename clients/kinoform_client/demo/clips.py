"""The demo's clips: three from prompts, one from a picture."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kinoform_client.demo import html
from kinoform_client.demo.studio import Chapter, Studio, View, counted
from kinoform_client.types import ClipLimits, Model

_CLIPS = 3
_LOOK = 384
"""Longer side of the files, in pixels."""
_OPEN_PROMPTS = ("a penguin walks over ice", "a red balloon rises into a blue sky", "waves roll onto a beach at sunset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A clip to ask for."""

    name: str
    """Stem of its files."""
    prompt: str
    seed: int
    parts: tuple[str, str, str] | None = None
    """Subject, motion and background, for a model with a vocabulary."""
    image: Path | None = None
    """The picture that it shall begin with."""

    @property
    def caption(self) -> str:
        """What to write under it."""
        return self.prompt if self.image is None else f"{self.prompt} (from a picture)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A clip that was made."""

    wish: Wish
    file: Path
    seconds: float
    """From asking to having."""
    warnings: tuple[str, ...]
    view_size: tuple[int, int]
    """(width, height) of the file's pictures."""


def chapter(studio: Studio, model: Model) -> Chapter:
    """Three clips at once, so that they share forward passes; then one from a picture, if the model takes one."""
    assert model.clip is not None, "only called for video models"
    asked = wishes(model)
    limits = model.clip
    views = [studio.view(wish.caption) for wish in asked]
    with ThreadPoolExecutor(len(asked)) as pool:
        made = list(pool.map(lambda wish, view: _make(studio, model, limits, wish, view), asked, views))
    if model.image_input:
        wish = picture_wish(model, asked[0], made[0].file.with_suffix(".png"))
        made.append(_make(studio, model, limits, wish, studio.view(wish.caption)))
    return Chapter(
        title=counted(len(made), "clip"),
        model=model,
        figures=tuple(_figure(each) for each in made),
        files=tuple(each.file for each in made),
        films=tuple((each.file, each.wish.caption) for each in made),
        command=_command(made[0], studio.again(model, made[0].wish.seed)),
    )


def wishes(model: Model) -> list[Wish]:
    """Three clips, as unlike as can be: of combinations never trained on, if the card lists such."""
    triples = _triples(model)
    if not triples:
        return [
            Wish(name=f"clip-{number}", prompt=prompt, seed=number)
            for number, prompt in enumerate(_OPEN_PROMPTS, start=1)
        ]
    return [
        Wish(name=f"clip-{number}", prompt=" ".join(triple), seed=number, parts=triple)
        for number, triple in enumerate(_unlike(triples), start=1)
    ]


def picture_wish(model: Model, first: Wish, image: Path) -> Wish:
    """The clip that begins with a picture of the first one: the same subject and background, another motion."""
    prompt = first.prompt
    if first.parts is not None:
        subject, motion, background = first.parts
        others = [other for other in model.card["vocabulary"]["motions"] if other != motion]
        prompt = " ".join((subject, others[0] if others else motion, background))
    return Wish(name="clip-from-picture", prompt=prompt, seed=4, image=image)


def view_size_of(limits: ClipLimits) -> tuple[int, int]:
    """(width, height) of the demo's clips: a whole multiple of the model's own size."""
    width, height = limits.default_size
    factor = max(1, _LOOK // max(width, height))
    return width * factor, height * factor


def _make(studio: Studio, model: Model, limits: ClipLimits, wish: Wish, view: View) -> Made:
    """Asks for a clip, follows it, and saves it with its poster."""
    began = time.monotonic()
    view_size = view_size_of(limits)
    job = studio.client.videos.generate(
        wish.prompt,
        model=model.name,
        image=wish.image,
        seed=wish.seed,
        steps=studio.steps,
        view_size=view_size,
        labels={"demo": wish.name},
    )
    studio.finish(job, view)
    file = job.output("video").download(studio.output / f"{wish.name}.mp4")
    job.output("poster").download(file.with_suffix(".png"))
    seconds = time.monotonic() - began
    view.done(f"{seconds:.1f} s")
    return Made(
        wish=wish,
        file=file,
        seconds=seconds,
        warnings=job.job.warnings,
        view_size=view_size,
    )


def _figure(clip: Made) -> str:
    wish = clip.wish
    began = "" if wish.image is None else html.origin(wish.image, "began with this picture, a frame of the first clip")
    return html.figure(
        html.video(clip.file, clip.file.with_suffix(".png")),
        wish.prompt,
        f"seed {wish.seed} · {clip.seconds:.1f} s from asking to having",
        began,
        warnings=clip.warnings,
    )


def _command(clip: Made, again: str) -> str:
    width, height = clip.view_size
    return f'kinoform video generate "{clip.wish.prompt}" {again} --view-size {width}x{height} -o {clip.file.name}'


def _triples(model: Model) -> list[tuple[str, str, str]]:
    """Held-out triples first; without any, the vocabulary's own diagonal."""
    held_out = [(subject, motion, background) for subject, motion, background in model.card.get("held_out") or ()]
    words = model.card.get("vocabulary")
    if held_out or not words:
        return held_out
    kinds = words["subjects"], words["motions"], words["backgrounds"]
    return [(a, b, c) for a, b, c in zip(*(_cycled(kind) for kind in kinds), strict=True)]


def _cycled(phrases: list[str]) -> list[str]:
    return [phrases[place % len(phrases)] for place in range(_CLIPS)]


def _unlike(triples: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Three triples, each sharing as few phrases with those before it as can be."""
    chosen = [triples[0]]
    while len(chosen) < min(_CLIPS, len(triples)):
        seen = {phrase for triple in chosen for phrase in triple}
        rest = [triple for triple in triples if triple not in chosen]
        chosen.append(min(rest, key=lambda triple: sum(phrase in seen for phrase in triple)))
    return chosen
