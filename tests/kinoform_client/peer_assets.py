"""The peer's assets, in memory."""

import hashlib
from collections.abc import Iterator

import google_crc32c
import grpc
from google.rpc import code_pb2, error_details_pb2

from kinoform_proto.asset.v1 import asset_pb2, asset_pb2_grpc
from tests.kinoform_client.peer_base import PeerBase, abort, chunk_damaged, not_found, rich_status, unavailable


class PeerAssets(PeerBase, asset_pb2_grpc.AssetServiceServicer):
    """AssetService."""

    def __init__(self) -> None:
        super().__init__()
        self.assets: dict[str, tuple[asset_pb2.Asset, bytes]] = {}
        self.uploads: dict[str, tuple[asset_pb2.CreateUploadRequest, bytearray]] = {}
        self.chunk_bytes = 1000

    def CreateUpload(
        self, request: asset_pb2.CreateUploadRequest, context: grpc.ServicerContext
    ) -> asset_pb2.CreateUploadResponse:
        self.meet("CreateUpload", context)
        for asset, _ in self.assets.values():
            if asset.sha256 == request.sha256:
                return asset_pb2.CreateUploadResponse(asset=asset)
        name = f"{request.parent}/uploads/{request.request_id}"
        _, data = self.uploads.setdefault(name, (request, bytearray()))
        self.lose("CreateUpload", context)
        return asset_pb2.CreateUploadResponse(upload=name, committed_bytes=len(data))

    def GetUpload(
        self, request: asset_pb2.GetUploadRequest, context: grpc.ServicerContext
    ) -> asset_pb2.GetUploadResponse:
        self.meet("GetUpload", context)
        created, data = self.uploads[request.upload]
        stored = self.assets.get(_asset_name(created))
        return asset_pb2.GetUploadResponse(committed_bytes=len(data), asset=stored[0] if stored else None)

    def UploadAsset(
        self, request_iterator: Iterator[asset_pb2.UploadAssetRequest], context: grpc.ServicerContext
    ) -> asset_pb2.UploadAssetResponse:
        self.meet("UploadAsset", context)
        left = self.faults.upload_lengths.pop(0) if self.faults.upload_lengths else None
        name = ""
        for request in request_iterator:
            name = request.upload or name
            data = self.uploads[name][1]
            if left == 0:
                abort(context, unavailable())
            left = None if left is None else left - 1
            if self.faults.corrupt_chunks:
                self.faults.corrupt_chunks -= 1
                abort(context, chunk_damaged())
            if request.chunk.offset != len(data) or google_crc32c.value(request.chunk.data) != request.chunk.crc32c:
                abort(context, rich_status(code_pb2.INTERNAL, "the client sent a wrong chunk"))
            data.extend(request.chunk.data)
        created, data = self.uploads[name]
        if self.faults.unfinished_uploads:
            self.faults.unfinished_uploads -= 1
            abort(context, unavailable())
        asset = self.store(bytes(data), created.media_type, created.display_name, _asset_name(created))
        self.lose("UploadAsset", context)
        return asset_pb2.UploadAssetResponse(committed_bytes=len(data), asset=asset)

    def DownloadAsset(
        self, request: asset_pb2.DownloadAssetRequest, context: grpc.ServicerContext
    ) -> Iterator[asset_pb2.DownloadAssetResponse]:
        self.meet("DownloadAsset", context)
        data = self._asset(request.name, context)[1]
        left = self.faults.download_lengths.pop(0) if self.faults.download_lengths else None
        for offset in range(request.offset, len(data), self.chunk_bytes):
            if left == 0:
                abort(context, unavailable())
            left = None if left is None else left - 1
            part = data[offset : offset + self.chunk_bytes]
            checksum = google_crc32c.value(part)
            if self.faults.corrupt_chunks:
                self.faults.corrupt_chunks -= 1
                part = bytes([part[0] ^ 1]) + part[1:]
            yield asset_pb2.DownloadAssetResponse(chunk=asset_pb2.Chunk(offset=offset, data=part, crc32c=checksum))

    def GetAsset(self, request: asset_pb2.GetAssetRequest, context: grpc.ServicerContext) -> asset_pb2.GetAssetResponse:
        self.meet("GetAsset", context)
        return asset_pb2.GetAssetResponse(asset=self._asset(request.name, context)[0])

    def ListAssets(
        self, request: asset_pb2.ListAssetsRequest, context: grpc.ServicerContext
    ) -> asset_pb2.ListAssetsResponse:
        self.meet("ListAssets", context)
        assets = [asset for asset, _ in self.assets.values() if not request.job or asset.job == request.job]
        return asset_pb2.ListAssetsResponse(assets=assets)

    def DeleteAsset(
        self, request: asset_pb2.DeleteAssetRequest, context: grpc.ServicerContext
    ) -> asset_pb2.DeleteAssetResponse:
        self.meet("DeleteAsset", context)
        self._asset(request.name, context)
        del self.assets[request.name]
        return asset_pb2.DeleteAssetResponse()

    def VerifyAsset(
        self, request: asset_pb2.VerifyAssetRequest, context: grpc.ServicerContext
    ) -> asset_pb2.VerifyAssetResponse:
        self.meet("VerifyAsset", context)
        asset, data = self._asset(request.name, context)
        if hashlib.sha256(data).hexdigest() != asset.sha256:
            info = error_details_pb2.ErrorInfo(reason="ASSET_DAMAGED", domain="kinoform")
            abort(context, rich_status(code_pb2.DATA_LOSS, "the stored bytes differ", info))
        return asset_pb2.VerifyAssetResponse(asset=asset, provenance=self._provenance(request, asset))

    @staticmethod
    def _provenance(request: asset_pb2.VerifyAssetRequest, asset: asset_pb2.Asset) -> asset_pb2.Provenance:
        """Of an asset whose name says what is to be found: `forged`, `signed`."""
        if asset.name.endswith("forged"):
            return asset_pb2.Provenance(state=asset_pb2.Provenance.STATE_INVALID, failures=["the content was changed"])
        if not asset.name.endswith("signed"):
            return asset_pb2.Provenance(state=asset_pb2.Provenance.STATE_NONE)
        return asset_pb2.Provenance(
            state=asset_pb2.Provenance.STATE_TRUSTED,
            credentials=request.credentials,
            signer="Studio",
            agent="kino-mini 1",
            digital_source_type="trainedAlgorithmicMedia",
        )

    def store(self, data: bytes, media_type: str, display_name: str, name: str, job: str = "") -> asset_pb2.Asset:
        """Puts an asset there."""
        asset = asset_pb2.Asset(
            name=name,
            display_name=display_name,
            media_type=media_type,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            job=job,
        )
        self.assets[name] = (asset, data)
        return asset

    def _asset(self, name: str, context: grpc.ServicerContext) -> tuple[asset_pb2.Asset, bytes]:
        if name not in self.assets:
            abort(context, not_found(name))
        return self.assets[name]


def _asset_name(created: asset_pb2.CreateUploadRequest) -> str:
    return f"{created.parent}/assets/{created.request_id}"
