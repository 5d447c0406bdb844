"""The demo's prepared picture: one render in every way that the server knows, and a clip and a mesh that it steers."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

from kinoform_client._core.conditionings import KINDS
from kinoform_client.clip_conditions import ClipConditionKind
from kinoform_client.conditions import ConditionKind
from kinoform_client.demo import html
from kinoform_client.demo.clips import view_size_of
from kinoform_client.demo.frames import thumbnail
from kinoform_client.demo.led import led_clip
from kinoform_client.demo.made import Made
from kinoform_client.demo.studio import Chapter, Studio
from kinoform_client.demo.words import captions
from kinoform_client.errors import FailedPreconditionError, JobFailedError
from kinoform_client.sync.conditioning_handle import ConditioningHandle
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import Model, ModelKind

SHOWN: tuple[ConditionKind, ...] = tuple(kind for kind in KINDS if kind is not ConditionKind.EMBEDDING)
"""An embedding's picture is the picture itself."""
STEERED_BY = ConditionKind.CUT_OUT
_MOVES = "jumps"
_SEED = 5


def chapter(studio: Studio, source: Path, models: Mapping[ModelKind, Model]) -> Chapter | None:
    """Every kind of the picture, then what its cut-out steers; None where the server prepares none."""
    try:
        handles = {kind: studio.client.conditionings.create(kind, source) for kind in SHOWN}
    except FailedPreconditionError:
        return None
    failures = {kind: _failure(studio, kind, handle) for kind, handle in handles.items()}
    ready = {kind: handles[kind] for kind, failure in failures.items() if failure is None}
    pictures = {kind: _saved(studio.output, kind, handle) for kind, handle in ready.items()}
    makers = {ModelKind.VIDEO: _clip, ModelKind.MESH: _mesh}
    made = [
        makers[kind](studio, model, handles[STEERED_BY])
        for kind, model in models.items()
        if kind in makers and model.image_input and STEERED_BY in ready
    ]
    made += _led(studio, models)
    return Chapter(
        title=f"A picture prepared in {len(ready)} ways, and what it steers",
        model=None,
        figures=(
            _sheet(source, pictures, ready, [failure for failure in failures.values() if failure is not None]),
            *(each.figure for each in made),
        ),
        files=(*pictures.values(), *(file for each in made for file in each.files)),
        films=tuple((each.files[0], each.caption) for each in made),
        command=f"kinoform condition create --kind {STEERED_BY} {source.name} -o cut-out.png",
    )


def _led(studio: Studio, models: Mapping[ModelKind, Model]) -> list[Made]:
    model, leader = models.get(ModelKind.VIDEO), studio.output / "clip-1.mp4"
    if model is None or ClipConditionKind.MASK not in model.conditions or not leader.exists():
        return []
    made = led_clip(studio, model, leader)
    return [] if made is None else [made]


def _failure(studio: Studio, kind: ConditionKind, handle: ConditioningHandle) -> str | None:
    """Why it could not be prepared, if so: some kinds need weights that are not everywhere."""
    name = kind.replace("_", " ")
    view = studio.view(f"{name} of the picture")
    try:
        handle.result()
    except JobFailedError as error:
        view.done("left out")
        return f"{name} left out: {error}"
    view.done("prepared")
    return None


def _saved(folder: Path, kind: ConditionKind, handle: ConditioningHandle) -> Path:
    return handle.picture().download(folder / f"condition-{kind.replace('_', '-')}.png")


def _sheet(
    source: Path,
    pictures: Mapping[ConditionKind, Path],
    handles: Mapping[ConditionKind, ConditioningHandle],
    failures: Sequence[str],
) -> str:
    shown = [("the picture", source), *((kind.replace("_", " "), path) for kind, path in pictures.items())]
    strip = "".join(f"<span>{html.picture(thumbnail(path), '')}{escape(name)}</span>" for name, path in shown)
    reports = {kind: handle.picture().report for kind, handle in handles.items()}
    summaries = [f"{kind.replace('_', ' ')}: {found.summary}" for kind, found in reports.items() if found is not None]
    return html.figure(
        f'<div class="maps">{strip}</div>',
        "One picture, the suite's own render",
        escape("; ".join(summaries)),
        warnings=failures,
        wide=True,
    )


def _clip(studio: Studio, model: Model, cut_out: ConditioningHandle) -> Made:
    words = model.card.get("vocabulary") or {}
    motions = words.get("motions") or [_MOVES]
    prompt = f"a thing {motions[0]}"  # of no place: a cut-out stands on white
    view_size = None if model.clip is None else view_size_of(model.clip)
    job = _finished(
        studio,
        prompt,
        lambda: studio.client.videos.generate(
            prompt, model=model.name, image=cut_out, seed=_SEED, steps=studio.steps, view_size=view_size
        ),
    )
    file = job.output("video").download(studio.output / "clip-from-cut-out.mp4")
    poster = job.output("poster").download(studio.output / "clip-from-cut-out.png")
    return _made(html.video(file, poster), prompt, (file,))


def _mesh(studio: Studio, model: Model, cut_out: ConditioningHandle) -> Made:
    (prompt, *_) = captions(model, ("a chair",))
    job = _finished(
        studio,
        prompt,
        lambda: studio.client.meshes.generate(prompt, model=model.name, image=cut_out, seed=_SEED, steps=studio.steps),
    )
    film = _finished(studio, f"{prompt}: turntable", lambda: studio.client.meshes.turntable(job.output("glb")))
    file = film.output("video").download(studio.output / "mesh-from-cut-out-turntable.mp4")
    poster = film.output("poster").download(studio.output / "mesh-from-cut-out-turntable.png")
    glb = job.output("glb").download(studio.output / "mesh-from-cut-out.glb")
    return _made(html.video(file, poster), prompt, (file, glb))


def _finished(studio: Studio, caption: str, ask: Callable[[], JobHandle]) -> JobHandle:
    view = studio.view(f"{caption} (from the cut-out)")
    job = ask()
    studio.finish(job, view)
    view.done("made")
    return job


def _made(media: str, prompt: str, files: tuple[Path, ...]) -> Made:
    caption = f"{prompt} (from the cut-out)"
    return Made(
        caption=caption, files=files, figure=html.figure(media, caption, "the handle of the cut-out was its picture")
    )
