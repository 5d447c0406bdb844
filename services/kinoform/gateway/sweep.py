"""Uploads that were begun and never finished, what has expired, and blobs that nobody refers to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import structlog

from kinoform.gateway.expiry import Expiry
from kinoform.gateway.leftovers import Leftovers
from kinoform.store.assets import AssetStore
from kinoform.store.errors import StoreError
from kinoform.store.open import Store
from kinoform.store.sweep import sweep

_log = structlog.get_logger("kinoform.gateway.sweep")

EVERY_S = 3600.0
ORPHANS_EVERY = 24
"""Times: it lists all that is stored."""
MOST_AGE_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """Forgets uploads older than a day, with their bytes, and what has expired; once a day blobs without an owner.

    Any number of gateways may do so at once.
    """

    store: Store
    blobs: AssetStore
    clock: Callable[[], int]
    """Microseconds since 1970, UTC."""

    async def run(self) -> None:
        """Sweep at once and every hour, until cancelled."""
        expiry = Expiry(self.store, Leftovers(self.store.assets, self.blobs), self.clock)
        for hour in count():
            try:
                await asyncio.to_thread(self.once)
                await asyncio.to_thread(expiry.once)
                if hour % ORPHANS_EVERY == ORPHANS_EVERY - 1:
                    await asyncio.to_thread(sweep, self.store.assets, self.blobs)
            except StoreError as error:
                _log.warning("not swept", error=str(error))
            await asyncio.sleep(EVERY_S)

    def once(self) -> int:
        """Sweep; returns how many were forgotten. Blocks."""
        old = self.store.uploads.begun_before(self.clock() - MOST_AGE_US)
        for upload in old:
            # The record first: without it no chunk is taken any more.
            self.store.uploads.delete(upload.id)
            self.blobs.abort(upload.id)
        return len(old)
