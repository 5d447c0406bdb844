"""The asset store from async code: blocking reads and writes in threads of their own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kinoform.store.assets import AssetStore, Blob

WORKERS = 2


class Blobs:
    """Bytes by content. Its threads are not those that decode, so a preview never waits for a file being written."""

    def __init__(self, assets: AssetStore) -> None:
        self._assets = assets
        self._pool = ThreadPoolExecutor(WORKERS, "kinoform-blobs")

    async def put(self, data: bytes, media_type: str) -> Blob:
        """Stores bytes. Raises StoreFull."""
        return await self._loop.run_in_executor(self._pool, self._assets.put_bytes, data, media_type)

    async def put_file(self, path: Path, media_type: str) -> Blob:
        """Stores a file's bytes. Raises StoreFull."""
        return await self._loop.run_in_executor(self._pool, self._assets.put_file, path, media_type)

    async def read(self, sha256: str) -> bytes:
        """The bytes with that digest. Raises NotFound."""
        return await self._loop.run_in_executor(self._pool, self._assets.read, sha256)

    def close(self) -> None:
        """Waits for what is being written."""
        self._pool.shutdown()

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()
