"""What the demo makes: a chapter for each kind of model that the server offers."""

from collections.abc import Callable, Mapping

from kinoform_client.demo import clips, conditions, materials, meshes
from kinoform_client.demo.studio import Chapter, Studio
from kinoform_client.types import Model, ModelKind

KINDS: Mapping[ModelKind, Callable[[Studio, Model], Chapter]] = {
    ModelKind.VIDEO: clips.chapter,
    ModelKind.MESH: meshes.chapter,
    ModelKind.MATERIAL: materials.chapter,
}

PICTURES = ("mesh-1.png", "clip-1.png")
"""What is prepared: the first of these that was made."""


def chosen(models: tuple[Model, ...], preferred: str | None) -> dict[ModelKind, Model]:
    """The model for each kind: the preferred one, else the server's default. Kinds without either are left out."""
    found = {model.kind: model for model in models if model.is_default and model.kind in KINDS}
    return found | {model.kind: model for model in models if model.name == preferred and model.kind in KINDS}


def missing(models: Mapping[ModelKind, Model]) -> list[ModelKind]:
    """Kinds that the demo has to leave out."""
    return [kind for kind in KINDS if kind not in models]


def make_chapters(studio: Studio, models: Mapping[ModelKind, Model]) -> list[Chapter]:
    """Everything, one kind after the other; then a picture of the first thing made, prepared in every way."""
    made = [make(studio, models[kind]) for kind, make in KINDS.items() if kind in models]
    source = next((path for name in PICTURES if (path := studio.output / name).exists()), None)
    prepared = None if source is None else conditions.chapter(studio, source, models)
    return made if prepared is None else [*made, prepared]
