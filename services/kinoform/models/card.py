"""Model cards: what is known of a model, read without torch. The gateway and the CLI live on them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Generic, Literal, TypeGuard, TypeVar, get_args


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Ranges and defaults of a video model's requests. Frames are counts, sizes pixels."""

    min_frames: int
    max_frames: int
    frames_step: int = 1
    """Lengths are min_frames plus a multiple of this."""
    default_frames: int
    min_size: tuple[int, int]
    """(width, height)"""
    max_size: tuple[int, int]
    size_step: int
    """Width and height are multiples of this."""
    default_size: tuple[int, int]
    default_frame_rate: Fraction
    min_steps: int = 1
    """Of a clip from text alone; with a picture one is enough."""
    max_steps: int = 200
    default_steps: int
    default_guidance: float
    text_tokens: int
    """Longer prompts are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshLimits:
    """Ranges and defaults of a mesh model's requests."""

    min_resolution: int
    """Samples along a side of the grid that the surface is found in."""
    max_resolution: int
    resolution_step: int
    """Resolutions are multiples of this."""
    default_resolution: int
    default_triangles: int
    default_texture_size: int
    """Edge of the textures in pixels."""
    max_steps: int = 200
    default_steps: int
    default_guidance: float
    text_tokens: int
    """Longer prompts are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialLimits:
    """Ranges and defaults of a material model's requests."""

    sizes: tuple[int, ...]
    """Edges of the maps that it makes, in pixels."""
    default_size: int
    max_steps: int = 200
    default_steps: int
    default_guidance: float
    text_tokens: int
    """Longer prompts are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Phrases that, joined by spaces, make a caption: "a penguin" + "moves to the left" + "over a teal background"."""

    subjects: tuple[str, ...]
    motions: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Further phrases that were taught: sizes, colours, attributes, other ways to say the same."""

    def phrases(self) -> tuple[str, ...]:
        """All of them."""
        return self.subjects + self.motions + self.backgrounds + self.others


Ranges = TypeVar("Ranges", ClipLimits, MeshLimits, MaterialLimits)
Kind = Literal["video", "mesh", "material"]
"""What a model makes, and the name of the service that runs it."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_KINDS: Mapping[type, Kind] = {ClipLimits: "video", MeshLimits: "mesh", MaterialLimits: "material"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard(Generic[Ranges]):
    """A model and what it can do."""

    name: str
    display_name: str
    family: str
    version: str
    description: str
    license: str
    """SPDX identifier of the weights."""
    limits: tuple[str, ...]
    """What it can't do, a sentence each."""
    ranges: Ranges
    """Of its requests; in JSON under the name of what it makes."""
    batch_exact: bool
    image_input: bool
    conditions: tuple[str, ...] = ()
    """What else leads a clip: kinds of the API's VideoCondition, and `repaint`."""
    vocabulary: Vocabulary | None = None
    """None for a model without a closed vocabulary."""
    held_out: tuple[tuple[str, ...], ...] = ()
    """Phrases never seen together in training: of a clip (subject, motion, background)."""
    details: dict[str, Any] = field(default_factory=dict)
    """The rest of the card as JSON values: data and their licences, training command and cost, measured figures."""

    @property
    def kind(self) -> Kind:
        """What the model makes."""
        return _KINDS[type(self.ranges)]

    def to_json(self) -> dict[str, Any]:
        """The card as JSON values; `card_from_json` reads it back."""
        values: dict[str, Any] = _plain(asdict(self))
        values[_KEYS[self.kind]] = values.pop("ranges")
        return values


VideoCard = ModelCard[ClipLimits]
MeshCard = ModelCard[MeshLimits]
MaterialCard = ModelCard[MaterialLimits]
AnyCard = VideoCard | MeshCard | MaterialCard

_KEYS: Mapping[Kind, str] = {"video": "clip", "mesh": "mesh", "material": "material"}


def card_from_json(values: dict[str, Any]) -> AnyCard:
    """Reads `ModelCard.to_json`'s form. Raises KeyError or TypeError if it is no card."""
    words = values.get("vocabulary")
    vocabulary = None if words is None else Vocabulary(**{name: tuple(phrases) for name, phrases in words.items()})
    held_out = tuple(tuple(phrases) for phrases in values.get("held_out", ()))
    conditions = tuple(values.get("conditions", ()))
    nested: dict[str, Any] = {
        "ranges": _ranges(values),
        "conditions": conditions,
        "vocabulary": vocabulary,
        "held_out": held_out,
    }
    rest = {part.name: values[part.name] for part in fields(ModelCard) if part.name not in nested}
    rest["limits"] = tuple(rest["limits"])
    return ModelCard(**rest, **nested)


def read_card(path: Path) -> AnyCard:
    """The card in a JSON file."""
    return card_from_json(json.loads(path.read_text()))


def read_video_card(path: Path) -> VideoCard:
    """The card of a video model in a JSON file. Raises TypeError if it is another's."""
    card = read_card(path)
    if not is_video(card):
        raise TypeError(f"{path} is the card of a {card.kind} model")
    return card


def is_video(card: AnyCard) -> TypeGuard[VideoCard]:
    """Whether the model makes clips."""
    return card.kind == "video"


def is_mesh(card: AnyCard) -> TypeGuard[MeshCard]:
    """Whether the model makes meshes."""
    return card.kind == "mesh"


def is_material(card: AnyCard) -> TypeGuard[MaterialCard]:
    """Whether the model makes materials."""
    return card.kind == "material"


def _ranges(values: dict[str, Any]) -> ClipLimits | MeshLimits | MaterialLimits:
    if "mesh" in values:
        return MeshLimits(**values["mesh"])
    if "material" in values:
        material = dict(values["material"])
        return MaterialLimits(**material | {"sizes": tuple(material["sizes"])})
    clip = dict(values["clip"])
    for name in ("min_size", "max_size", "default_size"):
        clip[name] = tuple(clip[name])
    return ClipLimits(**clip | {"default_frame_rate": Fraction(clip["default_frame_rate"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
