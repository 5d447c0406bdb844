"""Jobs through the `Run` stream of a real server, on a tiny kino-mini."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import code_pb2
from PIL import Image

from kinoform.engine.family import Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState, Conditioning
from kinoform.serving.config import Rhythm
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.models.tiny_kino import write_tiny_kino
from tests.serving.peer import Stream, at_step
from tests.video.run_peer import STEPS, spec, start, video_service

Reason = pb.Released


POISON = "poison"


class PoisonedError(Exception):
    """A bug of the family."""


class GatedKino(KinoMini):
    """Decodes only while its gate is open, so that a test can act in the middle of that."""

    gate: threading.Event

    def encode(self, request: ClipRequest) -> Conditioning:
        if request.prompt == POISON:
            raise PoisonedError("secret")
        return super().encode(request)

    def decode(self, state: ClipState) -> Frames:
        assert self.gate.wait(30)
        return super().decode(state)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> GatedKino:
    made = GatedKino.from_folder(write_tiny_kino(tmp_path_factory.mktemp("kino")), name="tiny")
    assert isinstance(made, GatedKino)
    return made


@pytest.fixture
def kino(family: GatedKino) -> Iterator[GatedKino]:
    family.gate = threading.Event()
    family.gate.set()
    yield family
    family.gate.set()


async def alone(kino: GatedKino, folder: Path, **wish: int) -> dict[str, str]:
    async with video_service(kino, folder) as peer:
        return await peer.outputs(start(spec(**wish)))


@pytest.mark.parametrize("step", [1, 5, STEPS - 1])
async def test_a_paused_job_goes_on_elsewhere_to_the_same_bytes(kino: GatedKino, tmp_path: Path, step: int) -> None:
    undisturbed = await alone(kino, tmp_path / "alone")
    async with video_service(kino, tmp_path / "shared") as peer:
        first = await peer.open(start(spec()))
        await first.until(at_step(step))
        await first.say(pause=pb.Pause())
        assert (await first.last()).released.reason == Reason.REASON_PAUSED
    async with video_service(kino, tmp_path / "shared") as peer:
        again = start(spec(), attempt=2)
        again.checkpoint.CopyFrom(first.checkpoint)
        second = await peer.open(again)
        await second.last()
        assert second.outputs == undisturbed
        assert second.steps() == list(range(first.of("checkpoint")[-1].checkpoint.step + 1, STEPS + 1))


async def test_a_job_killed_while_it_is_decoded_ends_in_the_same_bytes_without_a_step(
    kino: GatedKino, tmp_path: Path
) -> None:
    undisturbed = await alone(kino, tmp_path / "alone")
    async with video_service(kino, tmp_path / "shared") as peer:
        kino.gate.clear()
        killed = await peer.open(start(spec()))
        await killed.until(lambda event: event.progress.stage == "decode")
        killed.call.cancel()
        kino.gate.set()
        again = start(spec(), attempt=2)
        again.checkpoint.CopyFrom(killed.checkpoint)
        second = await peer.open(again)
        await second.last()
        assert second.outputs == undisturbed
        assert second.steps() == []


async def test_a_useless_checkpoint_costs_time_and_nothing_else(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        undisturbed = await peer.outputs(start(spec()))
        garbage = peer.store.put_bytes(b"garbage", "application/octet-stream")
        for sha256 in (garbage.sha256, "0" * 64):
            begin = start(spec())
            begin.checkpoint.sha256 = sha256
            assert await peer.outputs(begin) == undisturbed


async def test_four_staggered_clips_equal_each_alone(kino: GatedKino, tmp_path: Path) -> None:
    wishes = [{"seed": 1}, {"seed": 2, "steps": 9}, {"seed": 3}, {"seed": 4, "steps": 15}]
    async with video_service(kino, tmp_path / "alone") as peer:
        one_by_one = [await peer.outputs(start(spec(**wish))) for wish in wishes]
    async with video_service(kino, tmp_path / "together") as peer:

        async def staggered(number: int) -> dict[str, str]:
            await asyncio.sleep(0.01 * number)
            return await peer.outputs(start(spec(**wishes[number]), job=f"projects/p/jobs/{number}"))

        assert await asyncio.gather(*map(staggered, range(4))) == one_by_one


async def test_who_stops_talking_loses_the_job_with_a_checkpoint(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec(steps=1000), patience_s=1.0))
        talking = asyncio.create_task(keep_talking(stream))
        await stream.until(at_step(1))
        talking.cancel()
        assert (await stream.last()).released.reason == Reason.REASON_LOST_KEEP_ALIVE
        assert peer.store.exists(stream.checkpoint.sha256)


async def test_who_keeps_talking_keeps_the_job(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        kino.gate.clear()
        stream = await peer.open(start(spec(), patience_s=1.0))
        talking = asyncio.create_task(keep_talking(stream))
        await asyncio.sleep(2.0)
        kino.gate.set()
        assert (await stream.last()).WhichOneof("event") == "finished"
        talking.cancel()


async def keep_talking(stream: Stream) -> None:
    while not stream.call.done():
        await stream.say(keep_alive=pb.KeepAlive())
        await asyncio.sleep(0.1)


async def test_half_closing_the_stream_lets_the_job_go(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec(steps=1000)))
        await stream.until(at_step(1))
        await stream.call.done_writing()
        assert (await stream.last()).released.reason == Reason.REASON_LOST_KEEP_ALIVE


async def test_a_cancel_ends_the_job_between_two_steps(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec(steps=1000)))
        await stream.until(at_step(2))
        await stream.say(cancel=pb.Cancel())
        assert (await stream.last()).released.reason == Reason.REASON_CANCELLED
        assert stream.outputs == {}


async def test_a_cancel_while_decoding_ends_the_job_at_once(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        kino.gate.clear()
        stream = await peer.open(start(spec()))
        await stream.until(lambda event: event.progress.stage == "decode")
        await stream.say(cancel=pb.Cancel())
        assert (await stream.last()).released.reason == Reason.REASON_CANCELLED
        kino.gate.set()


async def test_a_higher_attempt_takes_the_job_over_and_a_lower_one_does_not(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        first = await peer.open(start(spec(steps=1000), attempt=2))
        await first.until(at_step(1))
        stale = await peer.open(start(spec(), attempt=1))
        assert (await stale.last()).released.reason == Reason.REASON_SUPERSEDED
        second = await peer.open(start(spec(), attempt=3))
        assert (await first.last()).released.reason == Reason.REASON_SUPERSEDED
        assert (await second.last()).WhichOneof("event") == "finished"


async def test_a_service_that_closes_lets_its_jobs_go_with_checkpoints(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec(steps=1000)))
        await stream.until(at_step(1))
        await peer.service.close(grace_s=5.0)
        assert (await stream.last()).released.reason == Reason.REASON_SHUTDOWN
        assert peer.store.exists(stream.checkpoint.sha256)
        late = await peer.open(start(spec()))
        assert (await late.last()).released.reason == Reason.REASON_SHUTDOWN


async def test_one_job_too_many_is_let_go_at_once(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path, max_jobs=1) as peer:
        kino.gate.clear()
        first = await peer.open(start(spec()))
        await first.until(at_step(1))
        second = await peer.open(start(spec(), job="projects/p/jobs/other"))
        assert (await second.last()).released.reason == Reason.REASON_OVERLOADED
        kino.gate.set()
        assert (await first.last()).WhichOneof("event") == "finished"


async def test_every_refusal_is_an_event_with_its_reason(kino: GatedKino, tmp_path: Path) -> None:
    unresolved, unknown = spec(), spec()
    unresolved.sampling.ClearField("seed")
    unknown.model = "nobody"
    cases = [
        (pb.RunRequest(start=start(spec(), token="guess")), code_pb2.PERMISSION_DENIED, "WRONG_TOKEN"),
        (pb.RunRequest(pause=pb.Pause()), code_pb2.INVALID_ARGUMENT, "BAD_START"),
        (pb.RunRequest(start=start(unresolved)), code_pb2.INVALID_ARGUMENT, "BAD_START"),
        (pb.RunRequest(start=start(spec(), patience_s=0.0)), code_pb2.INVALID_ARGUMENT, "BAD_START"),
        (pb.RunRequest(start=start(unknown)), code_pb2.INVALID_ARGUMENT, "MODEL_REFUSED"),
        (pb.RunRequest(start=start(spec(frames=3))), code_pb2.INVALID_ARGUMENT, "MODEL_REFUSED"),
    ]
    async with video_service(kino, tmp_path) as peer:
        for request, code, reason in cases:
            assert (await peer.refusal(request))[:2] == (code, reason)


async def test_a_bug_fails_its_own_job_only_and_tells_no_traceback(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        healthy = asyncio.create_task(peer.outputs(start(spec(steps=60))))
        broken = await peer.open(start(spec(POISON), job="projects/p/jobs/broken"))
        error = (await broken.last()).failed.error
        assert error.code == code_pb2.INTERNAL
        assert "secret" not in str(error)
        assert "Traceback" not in str(error)
        assert await healthy


async def test_a_prompt_that_is_cut_is_warned_of(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec("a penguin and " * 40)))
        await stream.last()
        assert [event.warning.message for event in stream.of("warning")] == kino.warnings(
            ClipRequest(prompt="a penguin and " * 40, frames=4, width=32, height=32, steps=1, guidance=1.0, seed=0)
        )
        assert stream.of("warning")


async def test_a_quiet_stream_beats(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path, rhythm=Rhythm(heartbeat_s=0.05)) as peer:
        kino.gate.clear()
        stream = await peer.open(start(spec()))
        await stream.until(lambda event: event.WhichOneof("event") == "heartbeat")
        kino.gate.set()
        await stream.last()


async def test_previews_are_strips_that_can_be_seen(kino: GatedKino, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path, rhythm=Rhythm(preview_every=3)) as peer:
        stream = await peer.open(start(spec()))
        await stream.last()
        previews = [event.preview for event in stream.of("preview")]
        assert previews
        for preview in previews:
            data = peer.store.read(preview.image.sha256)
            assert Image.open(io.BytesIO(data)).size == (preview.frames * 64, 64)
            assert len(data) == preview.image.size_bytes <= 256 * 1024
