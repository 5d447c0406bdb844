"""Blobs that nobody refers to: left by whatever was killed between storing bytes and writing down whose they are."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore, StoredBlob

OLD_S = 24 * 3600
"""Younger ones may belong to a job that is about to say so."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What was deleted."""

    blobs: int
    bytes: int


def sweep(
    assets: Assets, blobs: AssetStore, *, older_than_s: float = OLD_S, clock: Callable[[], float] = time.time
) -> Swept:
    """Delete blobs that no asset, checkpoint or kept state refers to. May run beside everything else. Blocks.

    older_than_s: since they were written; less than an hour only while nothing runs.
    """
    count = size = 0
    aged = (blob for blob in blobs.blobs() if clock() - blob.written_at >= older_than_s)
    for some in _batches(aged):
        orphans = assets.unreferenced([blob.sha256 for blob in some])
        for blob in some:
            if blob.sha256 in orphans:
                blobs.delete(blob.sha256)
                count, size = count + 1, size + blob.size
    return Swept(count, size)


def _batches(blobs: Iterator[StoredBlob]) -> Iterator[Sequence[StoredBlob]]:
    while some := list(islice(blobs, _AT_ONCE)):
        yield some
