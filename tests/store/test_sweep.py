"""What nobody refers to goes, and nothing else."""

import os
import time
from pathlib import Path

from kinoform.store.assets import FRESH_S, AssetStore
from kinoform.store.open import Store
from kinoform.store.records import AssetRecord, JobState, JobUpdate
from kinoform.store.sweep import OLD_S, Swept, sweep
from tests.store.samples import lease, news, submit

DAY = 24 * 3600


def asset(sha256: str) -> AssetRecord:
    return AssetRecord(name="projects/p/assets/a", project="p", sha256=sha256, size=1, media_type="x/y", created_at=1)


def test_only_old_blobs_without_a_reference_go(store: Store, tmp_path: Path) -> None:
    blobs = AssetStore(str(tmp_path / "assets"))
    asset_of, checkpoint, kept, orphan = (blobs.put_bytes(os.urandom(9), "x/y").sha256 for _ in range(4))
    store.assets.create(asset(asset_of))
    submit(store, 1)
    claim = lease(store)
    store.leases.save_checkpoint(claim.lease, kept, step=1, now=1, kept=True)
    store.leases.save_checkpoint(claim.lease, checkpoint, step=2, now=1)
    assert sweep(store.assets, blobs) == Swept(0, 0)
    assert sweep(store.assets, blobs, clock=lambda: time.time() + OLD_S) == Swept(1, 9)
    assert {blob.sha256 for blob in blobs.blobs()} == {asset_of, checkpoint, kept}
    assert not blobs.exists(orphan)
    store.leases.append_event(claim.lease, news, now=1, update=JobUpdate(state=JobState.CANCELLED))
    store.jobs.delete(claim.record.name)
    assert sweep(store.assets, blobs, older_than_s=0) == Swept(2, 18)


def test_storing_an_old_blob_again_makes_it_young(store: Store, tmp_path: Path) -> None:
    blobs = AssetStore(str(tmp_path / "assets"))
    sha256 = blobs.put_bytes(b"again", "x/y").sha256
    (path,) = (path for path in (tmp_path / "assets" / "blobs").rglob("*") if path.is_file())
    os.utime(path, (time.time() - 9 * DAY,) * 2)
    blobs.put_bytes(b"again", "x/y")
    assert sweep(store.assets, blobs) == Swept(0, 0)
    os.utime(path, (time.time() - FRESH_S / 2,) * 2)
    before = path.stat().st_mtime_ns
    blobs.put_bytes(b"again", "x/y")
    assert path.stat().st_mtime_ns == before, "what is young is not written twice"
    assert blobs.read(sha256) == b"again"


def test_an_object_store_is_swept_alike(store: Store) -> None:
    blobs = AssetStore("memory://sweeping")
    blobs.put_bytes(b"orphan", "x/y")
    assert sweep(store.assets, blobs) == Swept(0, 0)
    assert sweep(store.assets, blobs, older_than_s=-1) == Swept(1, 6)
