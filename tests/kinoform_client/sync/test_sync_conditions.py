# Written by clients/unasync.py from tests/kinoform_client/aio/test_aio_conditions.py: change that file, not this one.
"""Conditionings: what is asked for, what comes back, and where they stand for a picture."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from google.rpc import code_pb2, error_details_pb2

from kinoform_client import (
    Client,
    Conditioning,
    ConditioningReport,
    ConditioningState,
    ConditionKind,
    DeadlineError,
    FailedPreconditionError,
    Fit,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    JobState,
    NotFoundError,
    RetryPolicy,
    StateChanged,
)
from kinoform_client._core.conditionings import conditioning_from_proto
from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.type.v1 import type_pb2
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.peer_base import rich_status, unavailable
from tests.kinoform_client.samples import ball, cut_out, made_by, material_zip, mesh, png

PATIENT = RetryPolicy(total_s=5, patience_s=10, first_pause_s=0.01, longest_pause_s=0.05)
PICTURE = png(ball(8))
IMAGE = type_pb2.MediaInput(inline=PICTURE)


def test_each_kind_says_what_the_caller_said(served: Served, peer: Peer) -> None:
    with Client(served.address, project="p") as client:
        create = client.conditionings.create
        create("reference", PICTURE, size=(64, 48), fit="contain", priority=-3, labels={"set": "kitchen"})
        create(ConditionKind.EDGES, PICTURE, max_side=512, low=50, high=150.5, aperture=5, blur=1.5)
        create("soft_edges", PICTURE, max_side=256)
        create("cut_out", PICTURE, hardness=0)
        create("palette", PICTURE, colours=8)
    first, *others = peer.asked
    assert first == conditioning_pb2.CreateConditioningRequest(
        parent="projects/p",
        spec=conditioning_pb2.ConditioningSpec(
            image=IMAGE,
            reference=conditioning_pb2.Reference(
                size=type_pb2.Size(width=64, height=48), fit=conditioning_pb2.FIT_CONTAIN
            ),
        ),
        priority=-3,
        labels={"set": "kitchen"},
    )
    edges = conditioning_pb2.Edges(low=50, high=150.5, aperture=5, blur=1.5)
    assert [request.spec for request in others] == [
        conditioning_pb2.ConditioningSpec(image=IMAGE, max_side=512, edges=edges),
        conditioning_pb2.ConditioningSpec(image=IMAGE, max_side=256, soft_edges=conditioning_pb2.SoftEdges()),
        conditioning_pb2.ConditioningSpec(image=IMAGE, cut_out=conditioning_pb2.CutOut(hardness=0)),
        conditioning_pb2.ConditioningSpec(image=IMAGE, palette=conditioning_pb2.Palette(colours=8)),
    ]


ANIMATED = b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(4) + b"\x02" + bytes(20)
CLIPS = [b"GIF89a", ANIMATED, b"\0\0\0\x18ftypisom", b"\0\0\0\x14ftypqt  ", b"\x1a\x45\xdf\xa3webm", b"PK\x03\x04"]


@pytest.mark.parametrize("head", CLIPS)
def test_a_clip_is_known_by_its_bytes(served: Served, peer: Peer, head: bytes, tmp_path: Path) -> None:
    large = head + bytes(2 << 20)
    (tmp_path / "small").write_bytes(head + bytes(64))
    (tmp_path / "large").write_bytes(large)
    with Client(served.address) as client:
        for source in (head + bytes(64), large, tmp_path / "small", tmp_path / "large"):
            made = client.conditionings.create("edges", source)
            assert made.conditioning.image.startswith("projects/")
    assert [request.spec.WhichOneof("source") for request in peer.asked] == ["footage"] * 4


def test_a_stored_clip_is_known_by_its_media_type(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        for data, source in ((CLIPS[2] + bytes(64), "footage"), (PICTURE, "image")):
            asset = client.assets.upload(data)
            for given in (asset, asset.name):
                client.conditionings.create("depth", given)
                assert peer.asked[-1].spec.WhichOneof("source") == source
        client.conditionings.create("edges", client.conditionings.create("reference", CLIPS[0]))
    assert peer.asked[-1].spec.WhichOneof("source") == "image"


@pytest.mark.parametrize(
    "kind", ["reference", "edges", "soft_edges", "cut_out", "palette", "depth", "normals", "pose", "embedding"]
)
def test_what_is_left_out_of_a_conditioning_is_not_sent(served: Served, peer: Peer, kind: str) -> None:
    with Client(served.address) as client:
        client.conditionings.create(kind, PICTURE)
    (request,) = peer.asked
    assert (request.spec.WhichOneof("kind"), getattr(request.spec, kind).ListFields()) == (kind, [])
    assert [field.name for field, _ in request.spec.ListFields()] == ["image", kind]
    assert [field.name for field, _ in request.ListFields()] == ["parent", "spec"]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("reference", {"low": 1}),
        ("edges", {"hardness": 0, "colours": 4}),
        ("soft_edges", {"size": (4, 4), "blur": 0.0}),
        ("cut_out", {"fit": "cover", "aperture": 3}),
        ("palette", {"high": 0.0}),
    ],
)
def test_a_setting_that_the_kind_does_not_have_is_named(
    served: Served, peer: Peer, kind: str, settings: dict[str, object]
) -> None:
    with Client(served.address) as client:
        with pytest.raises(InvalidArgumentError, match=f"{kind} has no such setting; it has max_side") as caught:
            client.conditionings.create(kind, PICTURE, **settings)  # type: ignore[arg-type]
        assert [bad.field for bad in caught.value.violations] == list(settings)
    assert peer.calls == []


def test_every_value_of_a_conditioning_that_cannot_be_sent_is_named(served: Served, peer: Peer, tmp_path: Path) -> None:
    with Client(served.address) as client:
        create = client.conditionings.create
        with pytest.raises(InvalidArgumentError) as caught:
            create("reference", PICTURE, max_side=1 << 40, size=(1 << 40, 8), fit="magic", priority=1 << 40)
        assert [bad.field for bad in caught.value.violations] == [
            "spec.max_side",
            "spec.reference.size.width",
            "spec.reference.fit",
            "priority",
        ]
        for kind in ("sketch", "unknown"):
            with pytest.raises(InvalidArgumentError, match=f"kind: must be one of reference, .*; got '{kind}'"):
                create(kind, PICTURE)
        with pytest.raises(InvalidArgumentError, match="can't read"):
            create("edges", tmp_path / "missing.png")
    assert peer.calls == []


def test_a_large_picture_is_uploaded_but_not_before_the_rest_is_right(
    served: Served, peer: Peer, tmp_path: Path
) -> None:
    (tmp_path / "big.png").write_bytes(PICTURE + bytes(1 << 20))
    with Client(served.address) as client:
        with pytest.raises(InvalidArgumentError):
            client.conditionings.create("palette", tmp_path / "big.png", low=3)
        assert peer.calls == []
        handle = client.conditionings.create("palette", tmp_path / "big.png")
    assert handle.conditioning.image in peer.assets
    assert peer.asked[0].spec.image.asset == handle.conditioning.image


def test_an_equal_request_gives_the_conditioning_that_is_there(served: Served, peer: Peer) -> None:
    peer.faults.refusals["CreateConditioning"] = [unavailable(), unavailable()]
    peer.faults.lost_answers["CreateConditioning"] = 2
    with Client(served.address, retry=PATIENT) as client:
        first = client.conditionings.create("edges", PICTURE)
        assert peer.calls.count("CreateConditioning") == 5
        again = client.conditionings.create("edges", PICTURE)
        other = client.conditionings.create("edges", PICTURE, low=1)
    assert again.conditioning == first.conditioning
    assert list(peer.conditionings) == [first.name, other.name]
    assert len(peer.jobs) == 2


def test_a_record_tells_what_was_made_of_what(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        handle = client.conditionings.create("reference", PICTURE, size=(64, 48), fit=Fit.STRETCH)
        edges = client.conditionings.create("edges", handle, max_side=512, low=0, high=9.5, blur=0, aperture=7)
    record = handle.conditioning
    (asset,) = peer.assets
    assert record == Conditioning(
        name=f"projects/default/conditionings/{record.fingerprint}",
        kind=ConditionKind.REFERENCE,
        state=ConditioningState.PREPARING,
        image=asset,
        settings={"max_side": 1024, "size": (64, 48), "fit": Fit.STRETCH},
        job=next(iter(peer.jobs)),
        outputs=(),
        fingerprint=record.fingerprint,
        error=None,
        created=datetime.fromtimestamp(1_800_000_000, UTC),
    )
    assert len(record.fingerprint) == 64
    assert edges.conditioning.image == handle.name
    assert edges.conditioning.settings == {"max_side": 512, "low": 0, "high": 9.5, "aperture": 7, "blur": 0}


def test_settings_as_they_stand_in_a_record_make_the_same_again(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        first = client.conditionings.create("reference", PICTURE, max_side=64, size=(64, 48), fit="cover")
        client.conditionings.create("reference", PICTURE, **first.conditioning.settings)  # type: ignore[arg-type]
    assert list(peer.conditionings) == [first.name]


def test_result_waits_and_gives_the_files(served: Served, peer: Peer, tmp_path: Path) -> None:
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("cut_out", PICTURE)
        with pytest.raises(NotFoundError, match="has no output 'picture'"):
            handle.picture()
        threading.Timer(0.2, peer.run, (handle.conditioning.job, 1, made_by("cut_out"))).start()
        assert handle.result() is handle
        assert handle.conditioning.state is ConditioningState.READY
        assert [output.role for output in handle.outputs] == ["picture", "mask"]
        assert np.array_equal(handle.picture().to_numpy(), cut_out())
        assert np.array_equal(handle.output("mask").to_numpy(), cut_out()[..., 3])
        path = handle.download(tmp_path / "ball.png")
        assert path.read_bytes() == png(cut_out())
        job = client.job(handle.conditioning.job)
        assert (job.job.kind, job.output().role) == ("CreateConditioning", "picture")
        assert job.job.request["spec"]["max_side"] == 1024


def test_a_ready_conditioning_is_not_waited_for(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        handle = client.conditionings.create("edges", PICTURE)
        handle.result()
        assert peer.calls == ["CreateConditioning"]


def test_reports_of_conditionings_come_typed(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        edges = (client.conditionings.create("edges", PICTURE)).picture().report
        palette = (client.conditionings.create("palette", PICTURE)).picture().report
    assert edges == ConditioningReport(size=(48, 48), coverage=0.25, colours=())
    assert edges.summary == "48 × 48 pixels, 25.0 % covered"
    assert palette == ConditioningReport(size=(48, 12), coverage=1, colours=(("#3c3c46", 0.75), ("#f0966e", 0.25)))
    assert palette.summary == "48 × 12 pixels, #3c3c46 75 %, #f0966e 25 %"


def test_one_that_failed_raises_with_its_cause_and_is_tried_again(served: Served, peer: Peer) -> None:
    info = error_details_pb2.ErrorInfo(reason="BAD_PICTURE", domain="kinoform")
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("edges", PICTURE)
        peer.fail(handle.conditioning.job, rich_status(code_pb2.INVALID_ARGUMENT, "the picture is cut short", info))
        with pytest.raises(JobFailedError, match="the picture is cut short") as caught:
            handle.result()
        assert (caught.value.reason, caught.value.job.name) == ("BAD_PICTURE", handle.conditioning.job)
        assert handle.conditioning.state is ConditioningState.FAILED
        assert isinstance(handle.conditioning.error, InvalidArgumentError)
        again = client.conditionings.create("edges", PICTURE)
        assert (again.name, again.conditioning.state) == (handle.name, ConditioningState.PREPARING)
        peer.run(again.conditioning.job, files=made_by("edges"))
        assert (handle.result()).conditioning.error is None


def test_one_that_was_cancelled_or_takes_long_raises(served: Served) -> None:
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("edges", PICTURE)
        with pytest.raises(DeadlineError, match=r"after 0\.1 s"):
            handle.result(timeout=0.1)
        client.jobs.cancel(handle.conditioning.job)
        with pytest.raises(JobCancelledError):
            handle.result()
        assert (handle.refresh()).state is ConditioningState.FAILED


def test_its_jobs_events_are_its_own(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("edges", PICTURE)
        peer.run(handle.conditioning.job, files=made_by("edges"))
        sequences = []
        for event in handle.watch(after=2):
            sequences.append(event.sequence)
    assert sequences == list(range(3, peer.jobs[handle.conditioning.job].last_sequence + 1))
    assert isinstance(event, StateChanged)
    assert event.state is JobState.SUCCEEDED


def test_conditionings_are_found_and_listed_page_by_page(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        handles = [client.conditionings.create("palette", PICTURE, colours=count) for count in range(2, 9)]
        names = [handle.name for handle in handles]
        assert [each.name for each in client.conditionings.list(page_size=3)] == names[::-1]
        assert peer.calls.count("ListConditionings") == 3
        first = handles[0].conditioning
        assert client.conditionings.get(first.fingerprint) == first == client.conditionings.get(first.name)
        assert (client.conditioning(first.fingerprint)).conditioning == first
        with pytest.raises(NotFoundError):
            client.conditioning("0" * 64)


def test_deleting_is_refused_while_it_is_needed_unless_forced(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("edges", PICTURE)
        client.videos.generate("a penguin", image=handle)
        with pytest.raises(FailedPreconditionError, match="is being prepared"):
            client.conditionings.delete(handle.name, force=True)
        peer.run(handle.conditioning.job, files=made_by("edges"))
        with pytest.raises(FailedPreconditionError, match="is needed by"):
            client.conditionings.delete(handle.name)
        client.conditionings.delete(handle.conditioning.fingerprint, force=True)
        with pytest.raises(NotFoundError):
            handle.refresh()


def test_a_lost_answer_of_a_delete_does_not_show(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    peer.faults.lost_answers["DeleteConditioning"] = 1
    with Client(served.address, retry=PATIENT) as client:
        handle = client.conditionings.create("edges", PICTURE)
        client.conditionings.delete(handle.name)
        assert peer.conditionings == {}
        with pytest.raises(NotFoundError):
            client.conditionings.delete(handle.name)


def test_a_conditioning_stands_wherever_a_picture_is_taken(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        handle = client.conditionings.create("cut_out", PICTURE)
        for source in (handle, handle.conditioning, handle.name):
            client.videos.generate("a penguin", image=source)
            client.meshes.generate(image=source)
            client.conditionings.create("palette", source)
    specs = [request.spec for request in (*peer.requests, *peer.others, *peer.asked[1:])]  # type: ignore[attr-defined]
    assert [spec.image for spec in specs] == [type_pb2.MediaInput(conditioning=handle.name)] * 9
    assert "CreateUpload" not in peer.calls


def test_a_conditioning_is_no_mesh_and_no_material(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        handle = client.conditionings.create("cut_out", PICTURE)
        glb, meshes = mesh("glb"), client.meshes
        for source in (handle, handle.conditioning, handle.name):
            for work in (meshes.process, meshes.turntable, meshes.texture):
                with pytest.raises(
                    InvalidArgumentError, match=f"spec.mesh: must be a mesh; {handle.name} is a picture"
                ):
                    work(source)  # type: ignore[arg-type]
            with pytest.raises(InvalidArgumentError, match=r"spec\.material: must be a material"):
                meshes.texture(glb, material=source)  # type: ignore[arg-type]
        meshes.texture(glb, material=material_zip({"height": ball(8)[..., 0]}))
    assert peer.calls == ["CreateConditioning", "TextureMesh"]


def test_a_kind_of_a_later_server_is_unknown() -> None:
    later = conditioning_pb2.Conditioning(state=conditioning_pb2.Conditioning.STATE_READY)
    assert conditioning_from_proto(later).kind is ConditionKind.UNKNOWN
