"""Clips: defaults of the model, and its limits."""

from collections.abc import Iterator
from fractions import Fraction

from kinoform.gateway.errors import Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.clip_conditions import condition_violations, fill_conditions
from kinoform.gateway.resolve.resolved import Resolved, step_violations
from kinoform.models.card import ClipLimits, VideoCard
from kinoform_proto.type.v1.type_pb2 import FrameRate, Size
from kinoform_proto.video.v1.video_pb2 import VideoFile, VideoSpec


def resolve_clip(spec: VideoSpec, offer: Offer) -> Resolved:
    """Fill in what the spec leaves open. Raises BadRequest, NotOffered."""
    card = offer.video(spec.model)
    clip = card.ranges
    spec.model = card.name
    if not spec.HasField("frames"):
        spec.frames = clip.default_frames
    if not spec.HasField("size"):
        spec.size.CopyFrom(_size(clip.default_size))
    if not spec.HasField("frame_rate"):
        spec.frame_rate.CopyFrom(_rate(clip.default_frame_rate))
    offer.fill_sampling(spec.sampling, clip)
    fill_conditions(spec)
    _fill_file(spec.file)
    return Resolved(kind="video", card=card, prompt=spec.prompt.text, violations=tuple(_violations(spec, card)))


def _fill_file(file: VideoFile) -> None:
    file.format = file.format or VideoFile.FORMAT_MP4
    if file.HasField("view_size"):
        file.upscale = file.upscale or VideoFile.UPSCALE_LANCZOS


def _violations(spec: VideoSpec, card: VideoCard) -> Iterator[Violation]:
    clip = card.ranges
    yield from _frames(spec.frames, clip)
    yield from _side("width", spec.size.width, clip.min_size[0], clip.max_size[0], clip.size_step)
    yield from _side("height", spec.size.height, clip.min_size[1], clip.max_size[1], clip.size_step)
    yield from _steps(spec, clip)
    if spec.HasField("image") and not card.image_input:
        yield Violation("spec.image", f"{card.name} takes no picture")
    yield from condition_violations(spec, card)
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
    yield from step_violations(spec.sampling, clip.max_steps)
    given = spec.HasField("image") and spec.image_reach.strength > 0
    if steps < clip.min_steps and not given:
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
