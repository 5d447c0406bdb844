"""Clips that stop at a step, go on, and are forked, through the `Run` stream of a real server."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from google.rpc import code_pb2

from kinoform.models.kino_mini.family import KinoMini
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.models.tiny_kino import write_tiny_kino
from tests.serving.peer import Served, Stream, at_step
from tests.video.run_peer import STEPS, spec, start, video_service

PAUSED = pb.Released.REASON_PAUSED


@pytest.fixture(scope="module")
def kino(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    return KinoMini.from_folder(write_tiny_kino(tmp_path_factory.mktemp("kino")), name="tiny")


async def ran(peer: Served, begin: pb.Start) -> Stream:
    stream = await peer.open(begin)
    await stream.last()
    return stream


def kept(stream: Stream) -> dict[int, pb.Blob]:
    return {event.checkpoint.step: event.checkpoint.state for event in stream.of("checkpoint") if event.checkpoint.kept}


@pytest.mark.parametrize("step", [1, 5, 6, STEPS - 1])
async def test_a_job_stops_where_it_was_told_and_can_be_looked_at(kino: KinoMini, tmp_path: Path, step: int) -> None:
    async with video_service(kino, tmp_path) as peer:
        undisturbed = await peer.outputs(start(spec()))
        begin = start(spec(), job="projects/p/jobs/paused")
        begin.pause_at = step
        stream = await ran(peer, begin)
        assert stream.heard[-1].released.reason == PAUSED
        assert stream.steps() == list(range(1, step + 1))
        assert stream.of("checkpoint")[-1].checkpoint.step == step
        look = stream.of("preview")[-1].preview
        assert look.step == step
        assert peer.store.read(look.image.sha256).startswith(b"\x89PNG")
        begin.attempt, begin.pause_at = 2, 0
        begin.checkpoint.CopyFrom(stream.checkpoint)
        assert await peer.outputs(begin) == undisturbed


async def test_who_pauses_to_look_gets_a_preview_of_just_that_step(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        stream = await peer.open(start(spec(steps=1000)))
        await stream.until(at_step(2))
        await stream.say(pause=pb.Pause(preview=True))
        assert (await stream.last()).released.reason == PAUSED
        assert stream.of("preview")[-1].preview.step == stream.of("checkpoint")[-1].checkpoint.step


async def test_a_fork_without_changes_ends_in_the_same_bytes_from_every_kept_step(
    kino: KinoMini, tmp_path: Path
) -> None:
    async with video_service(kino, tmp_path) as peer:
        begin = start(spec())
        begin.keep_steps.extend(range(1, STEPS))
        parent = await ran(peer, begin)
        states = kept(parent)
        assert list(states) == list(range(1, STEPS))
        for step, state in states.items():
            fork = start(spec(), job=f"projects/p/jobs/{step}")
            fork.origin.CopyFrom(state)
            stream = await ran(peer, fork)
            assert stream.outputs == parent.outputs
            assert stream.steps() == list(range(step + 1, STEPS + 1))


async def test_a_disturbed_fork_equals_the_undisturbed_one(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        begin = start(spec())
        begin.keep_steps.append(4)
        parent = await ran(peer, begin)
        changed = spec("a blue whale", steps=STEPS + 3)
        fork = start(changed, job="projects/p/jobs/fork")
        fork.origin.CopyFrom(kept(parent)[4])
        undisturbed = await peer.outputs(fork)
        assert undisturbed != parent.outputs
        for attempt, step in enumerate((5, 9, STEPS + 2), start=2):
            fork.attempt = attempt
            stream = await peer.open(fork)
            await stream.until(at_step(step))
            await stream.say(pause=pb.Pause())
            await stream.last()
            fork.checkpoint.CopyFrom(stream.checkpoint)
        fork.attempt = 9
        assert await peer.outputs(fork) == undisturbed
        # Without a checkpoint it begins with its origin again, not with noise.
        fork.ClearField("checkpoint")
        fork.attempt = 10
        assert await peer.outputs(fork) == undisturbed


async def test_a_fork_whose_origin_is_lost_or_foreign_says_so(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        garbage = peer.store.put_bytes(b"garbage", "application/octet-stream").sha256
        refusals = {"0" * 64: (code_pb2.DATA_LOSS, "ORIGIN_LOST"), garbage: (9, "ORIGIN_REFUSED")}
        for sha256, (code, reason) in refusals.items():
            fork = start(spec())
            fork.origin.sha256 = sha256
            assert (await peer.refusal(pb.RunRequest(start=fork)))[:2] == (code, reason)


async def test_a_useless_checkpoint_is_told_of(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path) as peer:
        begin = start(spec())
        begin.checkpoint.sha256 = peer.store.put_bytes(b"garbage", "application/octet-stream").sha256
        (warning, *_) = (await ran(peer, begin)).of("warning")
        assert "begun anew, since its checkpoint is of no use" in warning.warning.message


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount a small file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file: Path) -> None:
    """Writes until the disk is full."""
    with file.open("wb", buffering=0) as open_file, suppress(OSError):
        while True:
            open_file.write(b"x" * 4096)


async def test_a_full_disk_costs_checkpoints_and_waits_with_the_outputs(kino: KinoMini, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    async with video_service(kino, tmp_path / "wide") as peer:
        undisturbed = await peer.outputs(start(spec()))
    with small_disk(tmp_path / "small") as folder:
        async with video_service(kino, folder) as peer:
            fill(folder / "ballast")
            stream = await ran(peer, start(spec()))
            assert stream.heard[-1].released.reason == pb.Released.REASON_STORE_FULL
            assert (stream.steps()[-1], stream.of("checkpoint"), stream.outputs) == (STEPS, [], {})
            (folder / "ballast").unlink()
            assert await peer.outputs(start(spec(), attempt=2)) == undisturbed
