"""From the clip as it was asked for to the clip as it will be made: defaults filled in, the model's limits checked."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from google.protobuf.message import Message

from kinoform.gateway.errors import BadRequest, Violation
from kinoform.models.card import AnyCard, ClipLimits, VideoCard, is_video
from kinoform_proto.type.v1.type_pb2 import FrameRate, Size
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec


class Resolver:
    """Knows the models that are offered."""

    def __init__(self, cards: Mapping[str, AnyCard], default_model: str, choose_seed: Callable[[], int]) -> None:
        self._cards = {name: card for name, card in cards.items() if is_video(card)}
        self._default_model = default_model
        self._choose_seed = choose_seed

    def card(self, spec: VideoSpec) -> VideoCard:
        """The card of the model that will make the clip. Raises BadRequest."""
        name = spec.model or self._default_model
        if name not in self._cards:
            known = ", ".join(sorted(self._cards))
            raise BadRequest([Violation("spec.model", f"there is no model {name!r}; there are: {known}")])
        return self._cards[name]

    def objections(self, message: Message) -> Iterator[Violation]:
        """What the asked model has against a request for a clip; nothing against other messages."""
        if not isinstance(message, GenerateVideoRequest):
            return
        try:
            card = self.card(message.spec)
        except BadRequest as error:
            yield from error.violations
        else:
            yield from violations(self.resolve(message.spec, card), card)

    def resolve(self, spec: VideoSpec, card: VideoCard) -> VideoSpec:
        """A copy with nothing left open: sent again it makes the same clip."""
        clip = card.ranges
        resolved = VideoSpec()
        resolved.CopyFrom(spec)
        resolved.model = card.name
        if not spec.HasField("frames"):
            resolved.frames = clip.default_frames
        if not spec.HasField("size"):
            resolved.size.CopyFrom(_size(clip.default_size))
        if not spec.HasField("frame_rate"):
            resolved.frame_rate.CopyFrom(_rate(clip.default_frame_rate))
        self._resolve_sampling(resolved, clip)
        _resolve_file(resolved.file)
        return resolved

    def _resolve_sampling(self, resolved: VideoSpec, clip: ClipLimits) -> None:
        sampling = resolved.sampling
        if not sampling.HasField("seed"):
            sampling.seed = self._choose_seed()
        if not sampling.HasField("steps"):
            sampling.steps = clip.default_steps
        if not sampling.HasField("guidance"):
            sampling.guidance = clip.default_guidance


def _resolve_file(file: VideoFile) -> None:
    file.format = file.format or VideoFile.FORMAT_MP4
    if file.HasField("view_size"):
        file.upscale = file.upscale or VideoFile.UPSCALE_LANCZOS


def violations(spec: VideoSpec, card: VideoCard) -> Iterator[Violation]:
    """What the model can't do of a resolved spec, field by field."""
    clip = card.ranges
    yield from _frames(spec.frames, clip)
    yield from _side("width", spec.size.width, clip.min_size[0], clip.max_size[0], clip.size_step)
    yield from _side("height", spec.size.height, clip.min_size[1], clip.max_size[1], clip.size_step)
    yield from _steps(spec, clip)
    if spec.HasField("image") and not card.image_input:
        yield Violation("spec.image", f"{card.name} takes no picture")
    if spec.file.HasField("view_size"):
        yield from _view(spec)


def _frames(frames: int, clip: ClipLimits) -> Iterator[Violation]:
    if not clip.min_frames <= frames <= clip.max_frames:
        yield Violation("spec.frames", f"must be {clip.min_frames} to {clip.max_frames}, is {frames}")
    elif (frames - clip.min_frames) % clip.frames_step:
        rule = f"{clip.min_frames} plus a multiple of {clip.frames_step}"
        yield Violation("spec.frames", f"must be {rule}, is {frames}")


def _steps(spec: VideoSpec, clip: ClipLimits) -> Iterator[Violation]:
    steps = spec.sampling.steps
    if steps > clip.max_steps:
        yield Violation("spec.sampling.steps", f"must be at most {clip.max_steps}, is {steps}")
    elif steps < clip.min_steps and not spec.HasField("image"):
        yield Violation("spec.sampling.steps", f"must be at least {clip.min_steps} without a picture, is {steps}")


def _side(name: str, value: int, least: int, most: int, step: int) -> Iterator[Violation]:
    if not least <= value <= most or value % step:
        rule = f"{least} to {most}" + (f", a multiple of {step}" if step > 1 else "")
        yield Violation(f"spec.size.{name}", f"must be {rule}, is {value}")


def _view(spec: VideoSpec) -> Iterator[Violation]:
    for name, value, made in (
        ("width", spec.file.view_size.width, spec.size.width),
        ("height", spec.file.view_size.height, spec.size.height),
    ):
        field = f"spec.file.view_size.{name}"
        if value < made:
            yield Violation(field, f"must not be smaller than the clip's {made}, is {value}")
        elif spec.file.upscale == VideoFile.UPSCALE_NEAREST and made and value % made:
            yield Violation(field, f"must be a whole multiple of the clip's {made} to repeat pixels, is {value}")


def _size(size: tuple[int, int]) -> Size:
    return Size(width=size[0], height=size[1])


def _rate(rate: Fraction) -> FrameRate:
    return FrameRate(numerator=rate.numerator, denominator=rate.denominator)
