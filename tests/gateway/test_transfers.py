"""Files in and out: resumable both ways, checked at every step."""

import hashlib
import uuid

import google_crc32c
import pytest
from google.rpc import code_pb2

from kinoform.store.assets import AssetStore
from kinoform_proto.asset.v1 import asset_pb2
from tests.gateway.gateway_peer import PARENT, Caller, bad_fields, reason, refusal
from tests.gateway.scripted_engine import ScriptedEngine

DATA = bytes(range(256)) * 5000
CHUNK = 300_000


def declared(data: bytes = DATA) -> asset_pb2.CreateUploadRequest:
    return asset_pb2.CreateUploadRequest(
        parent=PARENT,
        request_id=str(uuid.uuid4()),
        display_name="clip.bin",
        media_type="application/octet-stream",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def chunks(upload: str, data: bytes = DATA, start: int = 0) -> list[asset_pb2.UploadAssetRequest]:
    return [chunk(upload, place, data[place : place + CHUNK]) for place in range(start, len(data), CHUNK)]


def chunk(upload: str, offset: int, data: bytes) -> asset_pb2.UploadAssetRequest:
    part = asset_pb2.Chunk(offset=offset, data=data, crc32c=google_crc32c.value(data))
    return asset_pb2.UploadAssetRequest(upload=upload, chunk=part)


async def downloaded(caller: Caller, name: str, offset: int = 0) -> bytes:
    data = b""
    async for response in caller.assets.DownloadAsset(asset_pb2.DownloadAssetRequest(name=name, offset=offset)):
        part = response.chunk
        assert part.offset == offset + len(data)
        assert google_crc32c.value(part.data) == part.crc32c
        data += part.data
    return data


async def uploaded(caller: Caller, data: bytes = DATA) -> asset_pb2.Asset:
    opened = await caller.assets.CreateUpload(declared(data))
    return (
        opened.asset
        if opened.HasField("asset")
        else (await caller.assets.UploadAsset(chunks(opened.upload, data))).asset
    )


async def test_what_goes_in_comes_out(caller: Caller) -> None:
    asset = await uploaded(caller)
    assert (asset.size_bytes, asset.display_name) == (len(DATA), "clip.bin")
    assert await downloaded(caller, asset.name) == DATA
    assert (await caller.assets.VerifyAsset(asset_pb2.VerifyAssetRequest(name=asset.name))).asset == asset


@pytest.mark.parametrize("offset", [1, CHUNK, len(DATA) - 1, len(DATA)])
async def test_a_download_goes_on_anywhere(caller: Caller, offset: int) -> None:
    asset = await uploaded(caller)
    assert await downloaded(caller, asset.name, offset) == DATA[offset:]


async def test_an_upload_goes_on_where_it_broke_off(caller: Caller) -> None:
    request = declared()
    opened = await caller.assets.CreateUpload(request)
    parts = chunks(opened.upload)
    broken = await caller.assets.UploadAsset(parts[:2])
    assert (broken.committed_bytes, broken.HasField("asset")) == (2 * CHUNK, False)
    assert (await caller.assets.CreateUpload(request)).committed_bytes == 2 * CHUNK
    state = await caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=opened.upload))
    assert state.committed_bytes == 2 * CHUNK
    ended = await caller.assets.UploadAsset(parts[2:])
    assert await downloaded(caller, ended.asset.name) == DATA
    state = await caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=opened.upload))
    assert state.asset == ended.asset
    assert (await caller.assets.CreateUpload(request)).asset == ended.asset


async def test_a_misplaced_or_damaged_chunk_is_refused_and_the_upload_stands(caller: Caller) -> None:
    upload = (await caller.assets.CreateUpload(declared())).upload
    parts = chunks(upload)
    misplaced = await refusal(caller.assets.UploadAsset([parts[0], parts[2]]))
    assert reason(misplaced) == "OFFSET_MISMATCH"
    parts[1].chunk.crc32c ^= 1
    damaged = await refusal(caller.assets.UploadAsset([parts[1]]))
    assert reason(damaged) == "CHECKSUM_MISMATCH"
    state = await caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=upload))
    assert state.committed_bytes == CHUNK


async def test_bytes_that_are_not_the_declared_ones_make_no_asset(caller: Caller) -> None:
    upload = (await caller.assets.CreateUpload(declared())).upload
    wrong = chunks(upload, DATA[::-1])
    assert reason(await refusal(caller.assets.UploadAsset(wrong))) == "CHECKSUM_MISMATCH"
    state = await caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=upload))
    assert (state.committed_bytes, state.HasField("asset")) == (0, False)
    assert (await caller.assets.UploadAsset(chunks(upload))).HasField("asset")


async def test_more_bytes_than_declared_are_refused(caller: Caller) -> None:
    upload = (await caller.assets.CreateUpload(declared(DATA[:10]))).upload
    status = await refusal(caller.assets.UploadAsset([chunk(upload, 0, DATA[:11])]))
    assert (status.code, bad_fields(status)) == (code_pb2.INVALID_ARGUMENT, ["chunk.data"])


async def test_known_bytes_are_not_sent_again_and_go_with_their_last_asset(
    caller: Caller, engine: ScriptedEngine
) -> None:
    first = await uploaded(caller)
    second = (await caller.assets.CreateUpload(declared())).asset
    assert second.name != first.name
    assert second.sha256 == first.sha256
    await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=first.name))
    assert await downloaded(caller, second.name) == DATA
    await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=second.name))
    assert not engine.blobs.exists(first.sha256)


async def test_damage_in_the_store_is_data_loss(caller: Caller, engine: ScriptedEngine) -> None:
    asset = await uploaded(caller)
    AssetStore.delete(engine.blobs, asset.sha256)
    for call in (
        caller.assets.VerifyAsset(asset_pb2.VerifyAssetRequest(name=asset.name)),
        caller.assets.DownloadAsset(asset_pb2.DownloadAssetRequest(name=asset.name)),
    ):
        assert (await refusal(call)).code == code_pb2.DATA_LOSS


async def test_a_request_id_for_another_upload_is_refused(caller: Caller) -> None:
    request = declared()
    await caller.assets.CreateUpload(request)
    request.display_name = "other.bin"
    assert reason(await refusal(caller.assets.CreateUpload(request))) == "REQUEST_ID_REUSED"


async def test_assets_are_listed_by_page_and_by_job(caller: Caller) -> None:
    job = await caller.ended((await caller.submit()).name)
    await uploaded(caller)
    request = asset_pb2.ListAssetsRequest(parent=PARENT, job=job.name)
    made = (await caller.assets.ListAssets(request)).assets
    assert {asset.name for asset in made} == {output.asset for output in job.outputs}
    assert {asset.display_name for asset in made} == {"video.bin", "poster.bin"}
    page = await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT, page_size=2))
    last = asset_pb2.ListAssetsRequest(parent=PARENT, page_size=2, page_token=page.next_page_token)
    rest = await caller.assets.ListAssets(last)
    assert (len(page.assets), len(rest.assets), rest.next_page_token) == (2, 1, "")


async def test_a_missing_upload_or_asset_is_not_found(caller: Caller) -> None:
    for call in (
        caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=f"{PARENT}/uploads/nope")),
        caller.assets.UploadAsset([chunk(f"{PARENT}/uploads/nope", 0, b"x")]),
        caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=f"{PARENT}/assets/nope")),
        caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=f"{PARENT}/assets/nope")),
    ):
        assert (await refusal(call)).code == code_pb2.NOT_FOUND
