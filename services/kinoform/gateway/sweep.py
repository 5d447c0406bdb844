"""Uploads that were begun and never finished."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kinoform.store.assets import AssetStore
from kinoform.store.errors import StoreError
from kinoform.store.upload_records import Uploads

_log = structlog.get_logger("kinoform.gateway.sweep")

EVERY_S = 3600.0
MOST_AGE_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """Forgets uploads that are older than a day, with their bytes. Any number of gateways may do so at once."""

    uploads: Uploads
    blobs: AssetStore
    clock: Callable[[], int]
    """Microseconds since 1970, UTC."""

    async def run(self) -> None:
        """Sweep at once and every hour, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except StoreError as error:
                _log.warning("uploads not swept", error=str(error))
            await asyncio.sleep(EVERY_S)

    def once(self) -> int:
        """Sweep; returns how many were forgotten. Blocks."""
        old = self.uploads.begun_before(self.clock() - MOST_AGE_US)
        for upload in old:
            # The record first: without it no chunk is taken any more.
            self.uploads.delete(upload.id)
            self.blobs.abort(upload.id)
        return len(old)
