"""What the demo makes: a chapter for each kind of model that the server offers."""

from collections.abc import Callable, Mapping

from kinoform_client.demo import clips, materials, meshes
from kinoform_client.demo.studio import Chapter, Studio
from kinoform_client.types import Model, ModelKind

KINDS: Mapping[ModelKind, Callable[[Studio, Model], Chapter]] = {
    ModelKind.VIDEO: clips.chapter,
    ModelKind.MESH: meshes.chapter,
    ModelKind.MATERIAL: materials.chapter,
}


def chosen(models: tuple[Model, ...], preferred: str | None) -> dict[ModelKind, Model]:
    """The model for each kind: the preferred one, else the server's default. Kinds without either are left out."""
    found = {model.kind: model for model in models if model.is_default and model.kind in KINDS}
    return found | {model.kind: model for model in models if model.name == preferred and model.kind in KINDS}


def missing(models: Mapping[ModelKind, Model]) -> list[ModelKind]:
    """Kinds that the demo has to leave out."""
    return [kind for kind in KINDS if kind not in models]


def make_chapters(studio: Studio, models: Mapping[ModelKind, Model]) -> list[Chapter]:
    """Everything, one kind after the other."""
    return [make(studio, models[kind]) for kind, make in KINDS.items() if kind in models]
