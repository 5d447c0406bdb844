"""Blobs that nobody needs any more."""

from dataclasses import dataclass

from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Deletes blobs, but never one that an asset or a checkpoint still refers to."""

    assets: Assets
    blobs: AssetStore

    def drop(self, sha256: str) -> None:
        """Delete the blob unless something refers to it. Blocks."""
        if self.assets.unreferenced([sha256]):
            self.blobs.delete(sha256)
