"""AssetService: files in and out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import BinaryIO

import google_crc32c

from kinoform.gateway import convert, tokens
from kinoform.gateway.edge import Context
from kinoform.gateway.errors import AssetDamaged, BadRequest, Violation
from kinoform.gateway.jobs import DEFAULT_PAGE, LARGEST_PAGE
from kinoform.gateway.leftovers import Leftovers
from kinoform.gateway.provenance import Verifier, provenance_to_proto
from kinoform.gateway.uploads import Progress, Uploader
from kinoform.store.assets import AssetStore
from kinoform.store.errors import NotFound
from kinoform.store.open import Store
from kinoform.store.records import AssetRecord
from kinoform_proto.asset.v1 import asset_pb2, asset_pb2_grpc

CHUNK_BYTES = 512 * 1024


class AssetServicer(asset_pb2_grpc.AssetServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(
        self, store: Store, blobs: AssetStore, uploader: Uploader, verifier: Verifier, leftovers: Leftovers
    ) -> None:
        self._assets = store.assets
        self._retention = store.retention
        self._verifier = verifier
        self._blobs = blobs
        self._uploader = uploader
        self._leftovers = leftovers

    async def CreateUpload(
        self, request: asset_pb2.CreateUploadRequest, context: Context
    ) -> asset_pb2.CreateUploadResponse:
        """Open an upload."""
        progress = await asyncio.to_thread(self._uploader.create, request)
        return asset_pb2.CreateUploadResponse(
            upload=progress.name, committed_bytes=progress.committed, asset=await self._made(progress)
        )

    async def GetUpload(self, request: asset_pb2.GetUploadRequest, context: Context) -> asset_pb2.GetUploadResponse:
        """How far an upload has come."""
        progress = await asyncio.to_thread(self._uploader.state, request.upload)
        return asset_pb2.GetUploadResponse(committed_bytes=progress.committed, asset=await self._made(progress))

    async def UploadAsset(
        self, request_iterator: AsyncIterator[asset_pb2.UploadAssetRequest], context: Context
    ) -> asset_pb2.UploadAssetResponse:
        """Take chunks in order; make the asset once all are there."""
        name = ""
        async for request in request_iterator:
            name = _upload_name(name, request.upload)
            await asyncio.to_thread(self._uploader.append, name, request.chunk)
        progress = await asyncio.to_thread(self._uploader.finish, _upload_name(name, ""))
        return asset_pb2.UploadAssetResponse(committed_bytes=progress.committed, asset=await self._made(progress))

    async def DownloadAsset(
        self, request: asset_pb2.DownloadAssetRequest, context: Context
    ) -> AsyncIterator[asset_pb2.DownloadAssetResponse]:
        """Send the bytes from `offset` on."""
        asset = await asyncio.to_thread(self._assets.get, request.name)
        if request.offset > asset.size:
            raise BadRequest([Violation("offset", f"must be 0 to {asset.size}, is {request.offset}")])
        place = request.offset
        with closing(await asyncio.to_thread(self._open, asset, place)) as file:
            while place < asset.size:
                data = await asyncio.to_thread(file.read, min(CHUNK_BYTES, asset.size - place))
                if not data:
                    raise AssetDamaged(asset.name, f"only {place} of {asset.size} bytes are there")
                chunk = asset_pb2.Chunk(offset=place, data=data, crc32c=google_crc32c.value(data))
                yield asset_pb2.DownloadAssetResponse(chunk=chunk)
                place += len(data)

    async def GetAsset(self, request: asset_pb2.GetAssetRequest, context: Context) -> asset_pb2.GetAssetResponse:
        """The asset's record."""
        asset = await asyncio.to_thread(self._assets.get, request.name)
        return asset_pb2.GetAssetResponse(asset=await self._shown(asset))

    async def ListAssets(self, request: asset_pb2.ListAssetsRequest, context: Context) -> asset_pb2.ListAssetsResponse:
        """A page of a project's assets."""
        listing = tokens.fingerprint(request.parent, request.job)
        cursor = tokens.decode(request.page_token, listing)
        project = request.parent.removeprefix("projects/")
        records, following = await asyncio.to_thread(
            self._assets.list,
            project,
            page_size=min(request.page_size or DEFAULT_PAGE, LARGEST_PAGE),
            after=cursor,
            job=request.job or None,
        )
        terms = await asyncio.to_thread(self._retention.of, project)
        shown = [convert.asset_to_proto(record, terms) for record in records]
        return asset_pb2.ListAssetsResponse(assets=shown, next_page_token=tokens.encode(following, listing))

    async def DeleteAsset(
        self, request: asset_pb2.DeleteAssetRequest, context: Context
    ) -> asset_pb2.DeleteAssetResponse:
        """Forget the asset, and its bytes unless another record needs them."""
        asset = await asyncio.to_thread(self._assets.delete, request.name)
        await asyncio.to_thread(self._leftovers.drop, asset.sha256)
        return asset_pb2.DeleteAssetResponse()

    async def VerifyAsset(
        self, request: asset_pb2.VerifyAssetRequest, context: Context
    ) -> asset_pb2.VerifyAssetResponse:
        """Read the bytes again, compare their digest, and read the credentials."""
        verified = await self._verifier.verify(request.name, request.credentials)
        return asset_pb2.VerifyAssetResponse(
            asset=await self._shown(verified.asset), provenance=provenance_to_proto(verified)
        )

    async def _made(self, progress: Progress) -> asset_pb2.Asset | None:
        return None if progress.asset is None else await self._shown(progress.asset)

    async def _shown(self, asset: AssetRecord) -> asset_pb2.Asset:
        return convert.asset_to_proto(asset, await asyncio.to_thread(self._retention.of, asset.project))

    def _open(self, asset: AssetRecord, offset: int) -> BinaryIO:
        try:
            return self._blobs.open(asset.sha256, offset)
        except NotFound as error:
            raise AssetDamaged(asset.name, "its bytes are gone") from error


def _upload_name(known: str, sent: str) -> str:
    if not (known or sent):
        raise BadRequest([Violation("upload", "is needed in the first message")])
    if known and sent and known != sent:
        raise BadRequest([Violation("upload", f"one stream carries one upload: {known}, not {sent}")])
    return known or sent
