"""What the gateway says of credentials: of uploads, of what jobs made, and of what means harm."""

import asyncio
import dataclasses
import random
import socket
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kinoform.gateway.config import GatewayConfig
from kinoform.media.provenance.credit import Agent, Credit, Source
from kinoform.media.provenance.sign import Signer
from kinoform_proto.asset.v1 import asset_pb2
from tests.gateway import gateway_peer
from tests.gateway.gateway_peer import Caller, bad_fields, refusal
from tests.gateway.job_requests import shape
from tests.gateway.scripted_engine import Script, ScriptedEngine
from tests.media.provenance.authority import Authority
from tests.media.provenance.files import BESIDE, EMBEDDED, Kind

Provenance = asset_pb2.Provenance
CREDIT = Credit(source=Source.GENERATED, agent=Agent("kino-mini", "1"))
GLB = next(kind for kind in BESIDE if kind.name == "box.glb")
PNG = next(kind for kind in EMBEDDED if kind.name == "poster.png")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def signer(authority: Authority, tmp_path: Path) -> Signer:
    return Signer(authority.signing(tmp_path / "keys"))


@pytest.fixture
async def caller(config: GatewayConfig, authority: Authority, tmp_path: Path) -> AsyncIterator[Caller]:
    """Of a gateway that trusts the authority."""
    anchors = tmp_path / "anchors.pem"
    anchors.write_text(authority.anchors)
    async with gateway_peer.running(dataclasses.replace(config, trust_anchors=anchors)) as (_, caller):
        yield caller


async def verified(caller: Caller, name: str, credentials: str = "") -> asset_pb2.Provenance:
    request = asset_pb2.VerifyAssetRequest(name=name, credentials=credentials)
    return (await caller.assets.VerifyAsset(request)).provenance


async def signed(caller: Caller, signer: Signer, kind: Kind, folder: Path, *, flip: bool = False) -> tuple[str, str]:
    """A signed file and its credentials, if they are beside it, as assets. flip: one bit of it is turned after that."""
    path = folder / kind.name
    kind.write(path)
    sidecar = signer.sign(path, kind.media_type, CREDIT).sidecar
    data = bytearray(path.read_bytes())
    data[-9] ^= flip
    beside = "" if sidecar is None else await caller.keep(sidecar.read_bytes(), "application/c2pa")
    return await caller.keep(bytes(data), kind.media_type), beside


@pytest.mark.parametrize("kind", [*EMBEDDED, GLB], ids=lambda kind: kind.name)
async def test_an_upload_is_trusted_until_a_bit_of_it_is_turned(
    kind: Kind, caller: Caller, signer: Signer, tmp_path: Path
) -> None:
    found = await verified(caller, *await signed(caller, signer, kind, tmp_path))
    assert (found.state, found.signer, found.organization) == (
        Provenance.STATE_TRUSTED,
        "Test Studio",
        "Test Studio Ltd",
    )
    assert (found.agent, found.digital_source_type) == ("kino-mini 1", "trainedAlgorithmicMedia")

    found = await verified(caller, *await signed(caller, signer, kind, tmp_path, flip=True))
    assert found.state == Provenance.STATE_INVALID
    assert found.failures


async def test_a_signer_of_another_authority_is_not_trusted(caller: Caller, tmp_path: Path) -> None:
    stranger = Signer(Authority("Somebody").signing(tmp_path / "strange", name="Test Studio"))
    found = await verified(caller, *await signed(caller, stranger, PNG, tmp_path))
    assert (found.state, found.signer) == (Provenance.STATE_VALID, "Test Studio")


async def test_what_a_job_made_finds_its_credentials_by_itself(
    caller: Caller, engine: ScriptedEngine, signer: Signer
) -> None:
    engine.signers = [signer]
    job = await caller.ended((await caller.make(shape())).name)
    output = next(output for output in job.outputs if output.role == "glb")
    found = await verified(caller, output.asset)
    assert (found.state, found.credentials) == (Provenance.STATE_TRUSTED, output.credentials)
    named = (await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=output.credentials))).asset
    assert (named.display_name, named.media_type, named.job) == ("glb.bin.c2pa", "application/c2pa", job.name)
    assert (await verified(caller, output.credentials)).state == Provenance.STATE_NONE

    await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=output.credentials))
    assert (await verified(caller, output.asset)).state == Provenance.STATE_NONE


async def test_content_that_is_signed_anew_after_a_crash_is_committed_once(
    caller: Caller, engine: ScriptedEngine, signer: Signer, authority: Authority, tmp_path: Path
) -> None:
    engine.signers = [signer, Signer(authority.signing(tmp_path / "rotated"))]
    engine.scripts = [Script(dies_after_outputs=True)]
    job = await caller.ended((await caller.make(shape())).name)
    events = await caller.watch(job.name)
    assert job.attempt == 2
    assert [event.output for event in events if event.HasField("output")] == list(job.outputs)
    listed = await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=gateway_peer.PARENT, job=job.name))
    assert {asset.name for asset in listed.assets} == {
        name for output in job.outputs for name in (output.asset, output.credentials) if name
    }
    needed = {asset.sha256 for asset in listed.assets}
    for _ in range(1500):  # a checkpoint that is needed no more goes after the job has ended
        if {blob.sha256 for blob in engine.blobs.blobs()} == needed:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("a blob is left that nobody needs")


async def test_credentials_of_another_file_do_not_hold(caller: Caller, signer: Signer, tmp_path: Path) -> None:
    _, beside = await signed(caller, signer, GLB, tmp_path)
    other = await caller.keep(b"glTF of somebody else", GLB.media_type)
    assert (await verified(caller, other, beside)).state == Provenance.STATE_INVALID


async def test_credentials_of_another_project_are_refused(caller: Caller, signer: Signer, tmp_path: Path) -> None:
    asset, _ = await signed(caller, signer, GLB, tmp_path)
    request = asset_pb2.VerifyAssetRequest(name=asset, credentials="projects/other/assets/a")
    assert bad_fields(await refusal(caller.assets.VerifyAsset(request))) == ["credentials"]


async def test_changed_credentials_do_not_hold_or_say_the_same(caller: Caller, signer: Signer, tmp_path: Path) -> None:
    asset, beside = await signed(caller, signer, GLB, tmp_path)
    said = await verified(caller, asset, beside)
    good = (tmp_path / f"{GLB.name}.c2pa").read_bytes()
    rng = random.Random(7)
    for number in range(6):
        bad = bytearray(good)
        for _ in range(1 + 10 * number):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        for changed in (bytes(bad), good[: rng.randrange(len(good))] or b"x"):
            found = await verified(caller, asset, await caller.keep(changed, "application/c2pa"))
            found.credentials = beside
            # What pads the signature's box may be changed: nothing reads it.
            assert found.state == Provenance.STATE_INVALID or found == said, (number, found)
    assert await verified(caller, asset, beside) == said


async def test_a_file_that_names_an_address_makes_the_server_fetch_nothing(caller: Caller, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/manifest.c2pa"
        path = tmp_path / PNG.name
        PNG.write(path)
        data = with_remote_manifest(path.read_bytes(), url)
        found = await verified(caller, await caller.keep(data, PNG.media_type))
        assert found.state != Provenance.STATE_VALID
        with pytest.raises(BlockingIOError):
            trap.accept()


def with_remote_manifest(png: bytes, url: str) -> bytes:
    """The PNG with XMP that names credentials elsewhere."""
    xmp = (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{url}"/></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    )
    body = b"iTXt" + b"XML:com.adobe.xmp" + bytes(5) + xmp.encode()
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return png[:33] + chunk + png[33:]
