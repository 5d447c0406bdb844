"""Drops old dumps, and the blobs that no other dump refers to."""

from kinoform.store.backup.place import Place
from kinoform.store.sweep import Swept


def prune(place: Place, *, keep: int) -> Swept:
    """Keep the newest dumps that are complete, `keep` of them; returns which blobs went. Blocks.

    Nothing else may write there meanwhile. Raises BackupDamaged when it can't be told what a dump that is to stay
    refers to: nothing is dropped then.
    """
    if keep < 1:
        raise ValueError(f"keep must be 1 or more, got {keep}")
    staying = place.dumps()[-keep:]
    needed: set[str] = set()
    for name in staying:
        needed |= place.refers(place.manifest(name))
    for name in set(place.begun()) - set(staying):
        place.drop(name)
    count = size = 0
    for blob in place.blobs.blobs():
        if blob.sha256 not in needed:
            place.blobs.delete(blob.sha256)
            count, size = count + 1, size + blob.size
    return Swept(count, size)
