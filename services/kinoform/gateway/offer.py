"""What this server offers: models by kind, the defaults among them, prepared pictures, and the seeds it chooses."""

from collections.abc import Callable, Iterable, Mapping

from kinoform.gateway.errors import BadRequest, NotOffered, Violation
from kinoform.models.card import (
    AnyCard,
    ClipLimits,
    Kind,
    MaterialCard,
    MaterialLimits,
    MeshCard,
    MeshLimits,
    VideoCard,
    is_material,
    is_mesh,
    is_video,
)
from kinoform.models.services import CONDITIONING, ServiceName
from kinoform_proto.type.v1.type_pb2 import Sampling


class Offer:
    """Finds the model that a request means. A kind is offered if its default model is."""

    def __init__(
        self,
        cards: Mapping[str, AnyCard],
        defaults: Mapping[Kind, str],
        choose_seed: Callable[[], int],
        *,
        conditioning: bool,
    ) -> None:
        """cards: by name; defaults: the model of requests that name none, even of kinds that are not offered;
        conditioning: whether pictures are prepared."""
        self._defaults = {kind: name for kind, name in defaults.items() if name in cards and cards[name].kind == kind}
        self._choose_seed = choose_seed
        self._conditioning = conditioning
        self._videos = {name: card for name, card in cards.items() if is_video(card)}
        self._meshes = {name: card for name, card in cards.items() if is_mesh(card)}
        self._materials = {name: card for name, card in cards.items() if is_material(card)}

    @property
    def services(self) -> tuple[ServiceName, ...]:
        """What is offered, sorted."""
        return tuple(sorted([*self._defaults, *([CONDITIONING] if self._conditioning else [])]))

    def need(self, service: ServiceName) -> None:
        """Raises NotOffered."""
        if service not in self.services:
            raise NotOffered(service, self.services)

    def video(self, name: str) -> VideoCard:
        """The video model of that name, the default one if it is empty. Raises BadRequest, NotOffered."""
        return self._videos[self._known("video", name, self._videos)]

    def mesh(self, name: str) -> MeshCard:
        """The mesh model of that name, the default one if it is empty. Raises BadRequest, NotOffered."""
        return self._meshes[self._known("mesh", name, self._meshes)]

    def material(self, name: str) -> MaterialCard:
        """The material model of that name, the default one if it is empty. Raises BadRequest, NotOffered."""
        return self._materials[self._known("material", name, self._materials)]

    def _known(self, kind: Kind, name: str, models: Iterable[str]) -> str:
        self.need(kind)
        found = name or self._defaults[kind]
        if found not in models:
            there = ", ".join(sorted(models))
            raise BadRequest([Violation("spec.model", f"there is no {kind} model {found!r}; there are: {there}")])
        return found

    def fill_sampling(self, sampling: Sampling, ranges: ClipLimits | MeshLimits | MaterialLimits) -> None:
        """Set what was left out: a seed of our choice, the model's steps and guidance."""
        if not sampling.HasField("seed"):
            sampling.seed = self._choose_seed()
        if not sampling.HasField("steps"):
            sampling.steps = ranges.default_steps
        if not sampling.HasField("guidance"):
            sampling.guidance = ranges.default_guidance
