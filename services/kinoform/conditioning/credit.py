"""What the credentials of a prepared picture or clip say."""

from functools import cache
from pathlib import Path

from kinoform.conditioning.tasks import Depth, Embedding, Normals, Pose, SoftEdges, Wish
from kinoform.media.provenance.credit import Agent, Credit, Source
from kinoform.models.depth_folder.identity import identity_of
from kinoform.models.services import VERSIONS, ConditionKind

_SEEN: dict[type[Wish], ConditionKind] = {
    SoftEdges: "soft_edges",
    Depth: "depth",
    Normals: "normals",
    Pose: "pose",
    Embedding: "embedding",
}
"""Kinds that are a network's answer. Of the others every pixel comes from the picture, or is arithmetic on it."""


def credit_of(wish: Wish, depth_model: Path | None) -> Credit:
    """A network's answer is generated; what else is made of a picture is the picture, changed."""
    kind = _SEEN.get(type(wish))
    if kind is None:
        return Credit(source=Source.PROCESSED)
    identity = VERSIONS[kind] if kind != "depth" or depth_model is None else _identity(depth_model)
    name, _, version = identity.rpartition("-")
    return Credit(source=Source.GENERATED, agent=Agent(name, version))


@cache
def _identity(folder: Path) -> str:
    """All of a model's weights are read for it."""
    return identity_of(folder)
