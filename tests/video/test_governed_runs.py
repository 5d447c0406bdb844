"""Jobs of a service that signs what it makes, and of one that has policies."""

from pathlib import Path

import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo

from kinoform.media.provenance.sign import Signer
from kinoform.models.kino_mini.family import KinoMini
from kinoform.policy.judge import Picture, Policies, Refusal
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.gateway.job_requests import picture
from tests.media.provenance.authority import Authority
from tests.models.tiny_kino import write_tiny_kino
from tests.serving.peer import Stream, at_step
from tests.video.run_peer import STEPS, spec, start, video_service


@pytest.fixture(scope="module")
def kino(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    return KinoMini.from_folder(write_tiny_kino(tmp_path_factory.mktemp("kino")), name="tiny")


async def test_a_signed_clip_is_the_same_alone_paused_and_in_another_place(kino: KinoMini, tmp_path: Path) -> None:
    files = Authority().signing(tmp_path / "keys")
    async with video_service(kino, tmp_path / "here", signer=Signer(files)) as peer:
        alone = await peer.outputs(start(spec(), job="projects/p/jobs/other"))
    async with video_service(kino, tmp_path / "there", signer=Signer(files)) as peer:
        first = await peer.open(start(spec()))
        await first.until(at_step(3))
        await first.say(pause=pb.Pause())
        await first.last()
        again = start(spec(), attempt=2)
        again.checkpoint.CopyFrom(first.checkpoint)
        second = await peer.open(again)
        assert (await second.last()).WhichOneof("event") == "finished"
    assert second.outputs == alone
    assert second.steps()[0] > 3


async def test_content_is_told_beside_the_signed_bytes(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path / "plain") as peer:
        plain = await peer.outputs(start(spec()))
    signer = Signer(Authority().signing(tmp_path / "keys"))
    async with video_service(kino, tmp_path / "signed", signer=signer) as peer:
        stream = await peer.open(start(spec()))
        await stream.last()
    content = {event.output.role: event.output.content_sha256 for event in stream.of("output")}
    assert content == plain
    assert all(stream.outputs[role] != plain[role] for role in plain)


class Dark:
    """Refuses pictures below a mean brightness, or all."""

    def __init__(self, below: float) -> None:
        self.below = below
        self.seen: list[tuple[int, ...]] = []

    def judge_prompt(self, text: str) -> Refusal | None:
        return None

    def judge_picture(self, picture: Picture) -> Refusal | None:
        self.seen.append(picture.shape)
        return Refusal("too-dark", "it is too dark") if picture.mean() < self.below else None


def refusal(stream: Stream) -> tuple[int, str, str, str]:
    """(code, reason, rule, field) of how the run failed."""
    error, info = stream.heard[-1].failed.error, ErrorInfo()
    assert error.details[0].Unpack(info)
    return error.code, info.reason, info.metadata["rule"], info.metadata["field"]


async def test_nothing_of_a_clip_that_is_refused_is_stored_but_its_checkpoints(kino: KinoMini, tmp_path: Path) -> None:
    policy = Dark(below=256)
    async with video_service(kino, tmp_path / "assets", policies=Policies([policy])) as peer:
        stream = await peer.open(start(spec()))
        await stream.last()
    assert refusal(stream) == (code_pb2.FAILED_PRECONDITION, "POLICY_OUTPUT", "too-dark", "")
    assert stream.steps()[-1] == STEPS
    assert not stream.outputs
    assert not stream.of("preview")
    stored = {path.name for path in (tmp_path / "assets" / "blobs").rglob("*") if path.is_file()}
    assert stored == {event.checkpoint.state.sha256 for event in stream.of("checkpoint")}


async def test_a_picture_that_is_refused_costs_no_step(kino: KinoMini, tmp_path: Path) -> None:
    made = spec()
    made.image.asset = "projects/p/assets/a"
    async with video_service(kino, tmp_path / "assets", policies=Policies([Dark(below=256)])) as peer:
        begun = start(made)
        begun.inputs["spec.image"].sha256 = peer.store.put_bytes(picture(), "image/png").sha256
        stream = await peer.open(begun)
        await stream.last()
    assert refusal(stream) == (code_pb2.FAILED_PRECONDITION, "POLICY_IMAGE", "too-dark", "spec.image")
    assert not [step for step in stream.steps() if step]


async def test_what_policies_allow_is_made_as_without_them(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path / "free") as peer:
        free = await peer.outputs(start(spec()))
    policy = Dark(below=0)
    async with video_service(kino, tmp_path / "judged", policies=Policies([policy])) as peer:
        assert await peer.outputs(start(spec())) == free
    assert policy.seen
