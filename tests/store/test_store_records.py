"""Assets' and uploads' metadata."""

from dataclasses import replace

import pytest

from kinoform.store.errors import AlreadyExists, NotFound, RequestIdReused
from kinoform.store.open import Store
from kinoform.store.records import AssetRecord, RequestKey, UploadRecord
from tests.store.samples import lease, submit

ASSET = AssetRecord(
    name="projects/p/assets/a",
    project="p",
    sha256="a" * 64,
    size=1 << 40,
    media_type="image/png",
    created_at=5,
    display_name="Böhm",
    job="projects/p/jobs/j001",
    labels={"shot": "1"},
)
KEY = RequestKey(id="r", fingerprint="f")


def test_an_asset_comes_back_as_it_was_recorded(store: Store) -> None:
    assert store.assets.create(ASSET, request_key=KEY) == (ASSET, True)
    assert store.assets.get(ASSET.name) == ASSET
    other = replace(ASSET, name="projects/p/assets/b")
    assert store.assets.create(other, request_key=KEY) == (ASSET, False)
    with pytest.raises(RequestIdReused, match="projects/p/assets/a"):
        store.assets.create(other, request_key=RequestKey(id="r", fingerprint="g"))
    with pytest.raises(AlreadyExists):
        store.assets.create(ASSET)


def test_assets_are_listed_page_by_page(store: Store) -> None:
    assets = [replace(ASSET, name=f"projects/p/assets/{n}", created_at=n // 2, job=f"j{n % 2}") for n in range(5)]
    for asset in assets:
        store.assets.create(asset)
    first, after = store.assets.list("p", page_size=3)
    rest, end = store.assets.list("p", page_size=3, after=after)
    assert (first + rest, end) == (assets[::-1], None)
    assert store.assets.list("p", page_size=5, job="j1")[0] == [assets[3], assets[1]]


def test_a_blob_is_needed_while_anything_refers_to_it(store: Store) -> None:
    a, c, unknown = "a" * 64, "c" * 64, "d" * 64
    twin = replace(ASSET, name="projects/p/assets/twin")
    store.assets.create(ASSET)
    store.assets.create(twin)
    submit(store, 1)
    store.leases.save_checkpoint(lease(store).lease, c, step=1, now=1)
    assert store.assets.unreferenced([a, c, unknown]) == {unknown}
    assert store.assets.delete(ASSET.name) == ASSET
    assert store.assets.unreferenced([a]) == set()
    store.assets.delete(twin.name)
    assert store.assets.unreferenced([a]) == {a}
    with pytest.raises(NotFound):
        store.assets.delete(twin.name)


def test_an_upload_comes_back_as_it_was_declared(store: Store) -> None:
    upload = UploadRecord(
        id="u1", project="p", media_type="image/png", created_at=5, size=9, sha256="a" * 64, request_key=KEY
    )
    assert store.uploads.create(upload) == (upload, True)
    assert store.uploads.create(replace(upload, id="u2")) == (upload, False)
    with pytest.raises(RequestIdReused):
        store.uploads.create(replace(upload, id="u2", request_key=RequestKey(id="r", fingerprint="g")))
    anonymous = UploadRecord(id="u3", project="p", media_type="image/png", created_at=6)
    store.uploads.create(anonymous)
    assert store.uploads.get("u3") == anonymous
    assert store.uploads.begun_before(6) == [upload]
    store.uploads.delete("u1")
    store.uploads.delete("u1")
    with pytest.raises(NotFound):
        store.uploads.get("u1")
