# Written by clients/unasync.py from tests/kinoform_client/aio/test_aio_transfers.py: change that file, not this one.
"""Files on their way over connections that break and wires that lie."""

import hashlib
import random
from pathlib import Path

import pytest

from kinoform_client import (
    ChecksumError,
    Client,
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    RetryPolicy,
    Signature,
)
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.peer_base import unavailable
from tests.kinoform_client.samples import MadeFile

PATIENT = RetryPolicy(total_s=5, patience_s=10, first_pause_s=0.01, longest_pause_s=0.05)
DATA = random.Random(0).randbytes(5500)
BIG = random.Random(1).randbytes((1 << 20) * 3 + 17)


def test_what_was_uploaded_comes_back(served: Served, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(BIG)
    peer.chunk_bytes = 1 << 20
    with Client(served.address, retry=PATIENT) as client:
        asset = client.assets.upload(tmp_path / "clip.mp4")
        assert (asset.display_name, asset.media_type, asset.size_bytes) == ("clip.mp4", "video/mp4", len(BIG))
        assert asset.sha256 == hashlib.sha256(BIG).hexdigest()
        folder = tmp_path / "out"
        folder.mkdir()
        assert client.assets.download(asset.name, folder) == folder / "clip.mp4"
        assert (folder / "clip.mp4").read_bytes() == BIG
        assert client.assets.read(asset.name) == BIG
        verified = client.assets.verify(asset.name)
        assert (verified.asset, verified.provenance.signature) == (asset, Signature.NONE)
        assert [found.name for found in client.assets.list()] == [asset.name]
        client.assets.delete(asset.name)
        with pytest.raises(NotFoundError):
            client.assets.get(asset.name)


def test_an_upload_broken_anywhere_is_finished_and_sends_nothing_twice(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        for length in range(4):
            peer.assets.clear()
            peer.faults.upload_lengths = [length, 1]
            moved: list[int] = []
            asset = client.assets.upload(BIG, report=lambda done, _total, moved=moved: moved.append(done))  # type: ignore[misc]
            assert peer.assets[asset.name][1] == BIG
            assert moved[-1] == len(BIG)


def test_an_upload_whose_answer_was_lost_is_found_complete(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        peer.faults.lost_answers = {"UploadAsset": 1, "CreateUpload": 1}
        asset = client.assets.upload(DATA, display_name="noise.bin")
        assert peer.assets[asset.name][1] == DATA
        assert peer.calls.count("UploadAsset") == 1


def test_an_upload_that_the_server_can_no_longer_finish_is_begun_anew(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        peer.faults.unfinished_uploads = 2
        asset = client.assets.upload(DATA)
        assert peer.assets[asset.name][1] == DATA


def test_known_bytes_are_not_sent(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        first = client.assets.upload(DATA)
        assert client.assets.upload(DATA) == first
        assert peer.calls.count("UploadAsset") == 1


def test_a_chunk_damaged_on_its_way_up_is_sent_again_but_not_for_ever(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        peer.faults.corrupt_chunks = 1
        asset = client.assets.upload(DATA)
        assert peer.assets[asset.name][1] == DATA
        peer.faults.corrupt_chunks = 1000
        with pytest.raises(DataLossError):
            client.assets.upload(BIG)


def test_a_download_broken_anywhere_is_gone_on_with(served: Served, peer: Peer, tmp_path: Path) -> None:
    asset = peer.store(DATA, "video/mp4", "clip.mp4", "projects/default/assets/a")
    with Client(served.address, retry=PATIENT) as client:
        for length in range(6):
            peer.faults.download_lengths = [length, 1, 0, 2]
            moved: list[int] = []
            target = client.assets.download(
                "a",
                tmp_path / f"{length}.mp4",
                report=lambda done, _total, moved=moved: moved.append(done),  # type: ignore[misc]
            )
            assert target.read_bytes() == DATA
            assert moved == [1000, 2000, 3000, 4000, 5000, 5500]
    assert [path.suffix for path in listing(tmp_path)] == [".mp4"] * 6
    assert asset.size_bytes == 5500


def test_a_part_left_by_a_killed_program_is_gone_on_with(served: Served, peer: Peer, tmp_path: Path) -> None:
    asset = peer.store(DATA, "video/mp4", "clip.mp4", "projects/default/assets/a")
    part = tmp_path / f"clip.mp4.{asset.sha256[:12]}.part"
    part.write_bytes(DATA[:2500])
    moved: list[int] = []
    with Client(served.address, retry=PATIENT) as client:
        target = client.assets.download("a", tmp_path, report=lambda done, _total: moved.append(done))
    assert target.read_bytes() == DATA
    assert moved == [3500, 4500, 5500]
    assert listing(tmp_path) == [target]


@pytest.mark.parametrize("leftover", [b"x" * 2500, b"x" * 5500, b"x" * 9999])
def test_a_wrong_part_is_thrown_away(served: Served, peer: Peer, tmp_path: Path, leftover: bytes) -> None:
    asset = peer.store(DATA, "video/mp4", "clip.mp4", "projects/default/assets/a")
    (tmp_path / f"clip.mp4.{asset.sha256[:12]}.part").write_bytes(leftover)
    with Client(served.address, retry=PATIENT) as client:
        target = client.assets.download("a", tmp_path)
    assert target.read_bytes() == DATA
    assert listing(tmp_path) == [target]


def test_a_chunk_damaged_on_its_way_down_is_asked_for_again_but_not_for_ever(
    served: Served, peer: Peer, tmp_path: Path
) -> None:
    peer.store(DATA, "video/mp4", "clip.mp4", "projects/default/assets/a")
    with Client(served.address, retry=PATIENT) as client:
        peer.faults.corrupt_chunks = 2
        assert (client.assets.download("a", tmp_path)).read_bytes() == DATA
        peer.faults.corrupt_chunks = 1000
        with pytest.raises(ChecksumError):
            client.assets.download("a", tmp_path / "other.mp4")
    assert listing(tmp_path) == [tmp_path / "clip.mp4"]


def test_a_file_that_rotted_on_the_server_is_not_delivered(served: Served, peer: Peer, tmp_path: Path) -> None:
    asset = peer.store(DATA, "video/mp4", "clip.mp4", "projects/default/assets/a")
    peer.assets[asset.name] = (asset, b"\0" + DATA[1:])
    with Client(served.address, retry=PATIENT) as client:
        with pytest.raises(ChecksumError):
            client.assets.download("a", tmp_path)
        with pytest.raises(ChecksumError) as caught:
            client.assets.verify("a")
    assert caught.value.reason == "ASSET_DAMAGED"
    assert listing(tmp_path) == []


def test_a_name_from_the_server_stays_in_the_folder(served: Served, peer: Peer, tmp_path: Path) -> None:
    for name in ("..", "", "../../evil.mp4", "/evil.mp4"):
        peer.store(DATA, "video/mp4", name, "projects/default/assets/a")
        with Client(served.address, retry=PATIENT) as client:
            assert (client.assets.download("a", tmp_path)).parent == tmp_path


def test_a_file_that_is_not_there_is_a_bad_argument(served: Served, tmp_path: Path) -> None:
    with Client(served.address, retry=PATIENT) as client, pytest.raises(InvalidArgumentError, match="can't read"):
        client.assets.upload(tmp_path / "missing.png")


def test_an_unreachable_server_gives_up_an_upload(served: Served, peer: Peer) -> None:
    peer.faults.refusals["UploadAsset"] = [unavailable()] * 3
    with Client(served.address, retry=PATIENT) as client:
        assert (client.assets.upload(DATA)).size_bytes == len(DATA)


def listing(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_verifying_tells_what_the_credentials_say(served: Served) -> None:
    for name in ("signed", "forged"):
        served.peer.store(DATA, "video/mp4", "clip.mp4", f"projects/default/assets/{name}")
    with Client(served.address, retry=PATIENT) as client:
        found = (client.assets.verify("signed", credentials="beside")).provenance
        assert (found.signature, found.signer, found.agent) == (Signature.TRUSTED, "Studio", "kino-mini 1")
        assert (found.credentials, found.signed) == ("projects/default/assets/beside", None)
        assert found.digital_source_type == "trainedAlgorithmicMedia"
        forged = (client.assets.verify("forged")).provenance
        assert (forged.signature, forged.failures) == (Signature.INVALID, ("the content was changed",))


@pytest.mark.parametrize("sidecars", [False, True])
def test_credentials_are_saved_beside_the_file_for_those_who_want_them(
    sidecars: bool, served: Served, tmp_path: Path
) -> None:
    made = MadeFile("glb", "model/gltf-binary", "chair.glb", b"glTF", credentials=b"who and how")
    with Client(served.address, retry=PATIENT, sidecars=sidecars) as client:
        job = client.meshes.generate("a chair")
        served.peer.run(job.name, files=[made])
        job.result()
        assert job.output("glb").download(tmp_path / "seat.glb") == tmp_path / "seat.glb"
    beside = tmp_path / "seat.glb.c2pa"
    assert (tmp_path / "seat.glb").read_bytes() == b"glTF"
    assert beside.exists() == sidecars
    assert not sidecars or beside.read_bytes() == b"who and how"
