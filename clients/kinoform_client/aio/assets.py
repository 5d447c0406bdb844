"""Files: sent, fetched, listed."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from kinoform_client._core.convert import asset_from_proto, verified_from_proto
from kinoform_client._core.media_types import display_name_of, media_type_of
from kinoform_client._core.requests import new_request_id
from kinoform_client._core.retry import Attempts
from kinoform_client._core.transfer import CHUNK, Download, Upload, chunk_at
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.transport import RpcError, error_of, in_thread, sleep
from kinoform_client.errors import ChecksumError, ErrorDetails, KinoformError, UnavailableError
from kinoform_client.files import PartFile, Source, target_path
from kinoform_client.provenance import VerifiedAsset
from kinoform_client.types import Asset
from kinoform_proto.asset.v1 import asset_pb2

Report = Callable[[int, int], None]
"""Called with the bytes moved so far and the bytes in all."""


class AsyncAssets:
    """`client.assets`. Assets are named `projects/{p}/assets/{a}`; `{a}` alone means one of the client's project."""

    def __init__(self, caller: AsyncCaller, *, sidecars: bool = False) -> None:
        """sidecars: save a job's file together with its credentials where they are not embedded."""
        self._caller = caller
        self.sidecars = sidecars
        self._stub = caller.stubs.assets

    async def upload(
        self,
        source: bytes | str | os.PathLike[str],
        *,
        media_type: str | None = None,
        display_name: str | None = None,
        request_id: str | None = None,
        report: Report | None = None,
    ) -> Asset:
        """Stores a file, or bytes. What the server has is not sent again, not even after a broken connection."""
        with await in_thread(Source, source) as file:
            name = display_name_of(source) if display_name is None else display_name
            request = asset_pb2.CreateUploadRequest(
                parent=f"projects/{self._caller.project}",
                request_id=request_id or new_request_id(),
                display_name=name,
                media_type=media_type or media_type_of(name, file.head),
                size_bytes=file.size_bytes,
                sha256=file.sha256,
            )
            while True:
                opened = await self._caller.call(self._stub.CreateUpload, request)
                if opened.HasField("asset"):
                    return asset_from_proto(opened.asset)
                upload = Upload(opened.upload, size_bytes=file.size_bytes, committed=opened.committed_bytes)
                sent = await self._send(upload, file, report)
                if sent is not None:
                    return asset_from_proto(sent)
                # The server was killed between the last chunk and the asset: nothing can finish that upload any more.
                request.request_id = new_request_id()

    async def download(self, name: str, path: str | os.PathLike[str] = ".", *, report: Report | None = None) -> Path:
        """Saves an asset as `path`, or under its own name within it if that is a folder, and returns where.

        The file appears whole or not at all; a `.part` file that an earlier try has left beside it is gone on with.
        Raises ChecksumError if what came is not what was stored.
        """
        asset = await self.get(name)
        part = PartFile(target_path(asset, path), asset.sha256)
        resumed = await in_thread(_resumed, asset, part)
        try:
            await self._receive(resumed, part.append, report)
        except ChecksumError:
            part.discard()
            if resumed.untouched:
                raise
            await self._receive(_fresh(asset), part.append, report)
        return await in_thread(part.commit)

    async def read(self, name: str) -> bytes:
        """An asset's bytes."""
        data = bytearray()
        await self._receive(_fresh(await self.get(name)), data.extend, None)
        return bytes(data)

    async def get(self, name: str) -> Asset:
        """The asset's record. Raises NotFoundError."""
        request = asset_pb2.GetAssetRequest(name=self._full(name))
        return asset_from_proto((await self._caller.call(self._stub.GetAsset, request)).asset)

    async def list(self, *, job: str = "", page_size: int = 0) -> AsyncIterator[Asset]:
        """Assets of the project, newest first; with `job` only those that it made."""
        request = asset_pb2.ListAssetsRequest(parent=f"projects/{self._caller.project}", page_size=page_size, job=job)
        while True:
            page = await self._caller.call(self._stub.ListAssets, request)
            for asset in page.assets:
                yield asset_from_proto(asset)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def delete(self, name: str) -> None:
        """Deletes the asset. Raises NotFoundError."""
        await self._caller.call(self._stub.DeleteAsset, asset_pb2.DeleteAssetRequest(name=self._full(name)))

    async def verify(self, name: str, *, credentials: str = "") -> VerifiedAsset:
        """Has the server read the stored bytes again, and what their credentials (C2PA) say.

        credentials: the asset that holds them; left out, those that the asset's job stored beside it, or those
        embedded in it. Raises DataLossError if the bytes are not what was stored.
        """
        request = asset_pb2.VerifyAssetRequest(name=self._full(name))
        request.credentials = self._full(credentials) if credentials else ""
        return verified_from_proto(await self._caller.call(self._stub.VerifyAsset, request))

    async def _send(self, upload: Upload, file: Source, report: Report | None) -> asset_pb2.Asset | None:
        """The asset; None if the server has every byte and yet made none."""
        failure: KinoformError
        broken: Attempts | None = None
        while upload.committed < upload.size_bytes:
            try:
                chunks = self._chunks(upload, file, report)
                response = await self._stub.UploadAsset(chunks, metadata=self._caller.metadata)
                if response.HasField("asset"):
                    return response.asset
                failure = UnavailableError("the upload ended early", ErrorDetails(code="UNAVAILABLE"))
            except RpcError as error:
                failure = upload.broken(error_of(error))
            broken = broken or self._patience()
            pause = broken.pause(failure, time.monotonic())
            request = asset_pb2.GetUploadRequest(upload=upload.name)
            reached = await self._caller.call(self._stub.GetUpload, request, self._patience())
            if reached.HasField("asset"):
                return reached.asset
            if upload.advanced(reached.committed_bytes):
                broken = None
            await sleep(pause)
        return None

    async def _chunks(
        self, upload: Upload, file: Source, report: Report | None
    ) -> AsyncIterator[asset_pb2.UploadAssetRequest]:
        offset = upload.committed
        while data := await in_thread(file.read_at, offset, CHUNK):
            yield asset_pb2.UploadAssetRequest(upload=upload.name, chunk=chunk_at(offset, data))
            offset += len(data)
            if report is not None:
                report(offset, upload.size_bytes)

    async def _receive(self, download: Download, write: Callable[[bytes], object], report: Report | None) -> None:
        failure: KinoformError
        broken: Attempts | None = None
        while not download.complete:
            call = self._stub.DownloadAsset(download.request(), metadata=self._caller.metadata)
            try:
                async for response in call:
                    await in_thread(write, download.accept(response.chunk))
                    broken = None
                    if report is not None:
                        report(download.offset, download.size_bytes)
                failure = UnavailableError("the download ended early", ErrorDetails(code="UNAVAILABLE"))
            except RpcError as error:
                failure = error_of(error)
            except ChecksumError as error:
                failure = download.fruitless(error)
            finally:
                call.cancel()
            if not download.complete:
                broken = broken or self._patience()
                await sleep(broken.pause(failure, time.monotonic()))
        download.verify()

    def _patience(self) -> Attempts:
        return self._caller.attempts(self._caller.policy.patience_s)

    def _full(self, name: str) -> str:
        return name if "/" in name else f"projects/{self._caller.project}/assets/{name}"


def _fresh(asset: Asset) -> Download:
    return Download(asset.name, size_bytes=asset.size_bytes, sha256=asset.sha256)


def _resumed(asset: Asset, part: PartFile) -> Download:
    download = _fresh(asset)
    for block in part.blocks():
        download.have(block)
    if download.offset <= asset.size_bytes:
        return download
    part.discard()
    return _fresh(asset)
