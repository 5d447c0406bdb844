"""What the gateway refuses of what leads a clip, and which output of a conditioning it takes."""

from collections.abc import AsyncIterator, Callable

import pytest

from kinoform.gateway.config import GatewayConfig
from kinoform_proto.video.v1.video_pb2 import VideoSpec
from tests.gateway.gateway_peer import Caller, bad_fields, refusal, running
from tests.gateway.job_requests import animation, clip, led_clip, picture
from tests.gateway.scripted_engine import ScriptedEngine


@pytest.fixture
async def caller(config: GatewayConfig, engine: ScriptedEngine) -> AsyncIterator[Caller]:
    await engine.stop()  # jobs stay queued
    async with running(config) as (_, caller):
        yield caller


def two_ends(spec: VideoSpec) -> None:
    spec.conditions.add().last_frame.inline = picture()


def two_palettes(spec: VideoSpec) -> None:
    for _ in range(2):
        spec.conditions.add().palette.inline = picture()


def never(spec: VideoSpec) -> None:
    spec.conditions[2].reach.first = spec.conditions[2].reach.last = 0.5


def blind(spec: VideoSpec) -> None:
    spec.model = "text-only"


def both_firsts(spec: VideoSpec) -> None:
    spec.image.inline = picture()


def reach_of_nothing(spec: VideoSpec) -> None:
    spec.image_reach.strength = 0.5


def no_kind(spec: VideoSpec) -> None:
    spec.conditions.add().reach.strength = 1


def too_strong(spec: VideoSpec) -> None:
    spec.conditions[0].reach.strength = 2.5


def backwards(spec: VideoSpec) -> None:
    spec.conditions[0].reach.first, spec.conditions[0].reach.last = 0.8, 0.2


def a_clip_that_ends_it(spec: VideoSpec) -> None:
    spec.conditions[3].last_frame.inline = animation()


def a_text(spec: VideoSpec) -> None:
    spec.conditions[0].mask.inline = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def nine(spec: VideoSpec) -> None:
    for _ in range(5):
        spec.conditions.add().mask.inline = picture()


def half_a_repaint(spec: VideoSpec) -> None:
    spec.repaint.ClearField("mask")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (two_ends, ["spec.conditions[4].last_frame"]),
        (two_palettes, ["spec.conditions[5].palette"]),
        (never, ["spec.conditions[2].reach"]),
        (
            blind,
            [
                "spec.conditions[0].mask",
                "spec.conditions[1].edges",
                "spec.conditions[2].depth",
                "spec.conditions[3].last_frame",
                "spec.repaint",
            ],
        ),
        (both_firsts, ["spec.repaint"]),
        (reach_of_nothing, ["spec.image_reach"]),
        (no_kind, ["spec.conditions[4].kind"]),
        (too_strong, ["spec.conditions[0].reach.strength"]),
        (backwards, ["spec.conditions[0].reach"]),
        (a_clip_that_ends_it, ["spec.conditions[3].last_frame.inline"]),
        (a_text, ["spec.conditions[0].mask.inline"]),
        (nine, ["spec.conditions"]),
        (half_a_repaint, ["spec.repaint.mask"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_what_is_refused(caller: Caller, change: Callable[[VideoSpec], None], fields: list[str]) -> None:
    request = led_clip()
    change(request.spec)
    assert set(fields) <= set(bad_fields(await refusal(caller.make(request))))
    assert await caller.all_jobs() == []


async def test_without_a_first_frame_of_any_strength_a_clip_needs_two_steps(caller: Caller) -> None:
    request = clip()
    request.spec.sampling.steps = 1
    request.spec.image_reach.strength = 0
    assert bad_fields(await refusal(caller.make(request))) == ["spec.sampling.steps"]
