"""Blobs and uploads, on a local folder and on an object store's interface."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kinoform.store.assets import AssetStore
from kinoform.store.errors import DigestMismatch, NotFound, OffsetMismatch, StoreFull, StoreUnavailable

DATA = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["local", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "assets") if request.param == "local" else f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def assets(url: str) -> AssetStore:
    return AssetStore(url)


def test_what_was_put_is_read_under_its_digest(assets: AssetStore, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(DATA)
    blob = assets.put_bytes(DATA, "video/mp4")
    assert (blob.sha256, blob.size, blob.media_type) == (SHA256, len(DATA), "video/mp4")
    assert assets.put_file(tmp_path / "clip.mp4", "video/mp4") == blob
    assert assets.read(SHA256) == DATA
    assert assets.verify(SHA256) == len(DATA)
    with assets.open(SHA256, 1000) as file:
        assert file.read(10) == DATA[1000:1010]
    assets.delete(SHA256)
    assets.delete(SHA256)
    assert not assets.exists(SHA256)
    with pytest.raises(NotFound):
        assets.read(SHA256)


def test_a_blob_is_copied_whole_or_not_at_all(assets: AssetStore, tmp_path: Path) -> None:
    source = AssetStore(str(tmp_path / "source"))
    source.put_bytes(DATA, "video/mp4")
    assert assets.copy(source, SHA256) == len(DATA)
    assert assets.read(SHA256) == DATA
    assets.delete(SHA256)
    (path,) = (tmp_path / "source").rglob(SHA256)
    path.write_bytes(DATA[:-1] + b"!")
    with pytest.raises(DigestMismatch):
        assets.copy(source, SHA256)
    assert not assets.exists(SHA256)
    path.unlink()
    with pytest.raises(NotFound):
        assets.copy(source, SHA256)


def test_an_empty_blob_is_a_blob(assets: AssetStore) -> None:
    blob = assets.put_bytes(b"", "text/plain")
    assert assets.exists(blob.sha256)
    assert assets.read(blob.sha256) == b""


def test_many_writers_of_the_same_bytes_agree(assets: AssetStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(assets.put_bytes, [DATA] * 16, ["video/mp4"] * 16))) == 1
    assert assets.read(SHA256) == DATA


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_no_name_leads_out_of_the_store(assets: AssetStore, name: str) -> None:
    for act in (assets.open, assets.delete, assets.exists):
        with pytest.raises(NotFound):
            act(name)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "x" * 129])
def test_no_upload_leads_out_of_the_store(assets: AssetStore, name: str) -> None:
    for act in (assets.begin_upload, assets.committed, assets.abort):
        with pytest.raises(NotFound):
            act(name)


def test_an_upload_goes_on_where_it_stood(url: str) -> None:
    AssetStore(url).begin_upload("u")
    for offset in range(0, len(DATA), 100_000):
        assets = AssetStore(url)  # as after a restart of the process
        assert assets.committed("u") == offset
        with pytest.raises(OffsetMismatch) as wrong:
            assets.append("u", offset + 1, b"x")
        assert wrong.value.committed == offset
        assets.append("u", offset, DATA[offset : offset + 100_000])
    assets.begin_upload("u")
    blob = assets.finish("u", "video/mp4", sha256=SHA256, size=len(DATA))
    assert assets.finish("u", "video/mp4") == blob, "finishing can be repeated"
    assets.abort("u")
    assert assets.read(blob.sha256) == DATA
    with pytest.raises(NotFound):
        assets.committed("u")


def test_an_upload_of_other_bytes_than_declared_makes_no_blob(assets: AssetStore) -> None:
    assets.begin_upload("u")
    assets.append("u", 0, DATA)
    with pytest.raises(DigestMismatch):
        assets.finish("u", "video/mp4", sha256="0" * 64)
    with pytest.raises(DigestMismatch):
        assets.finish("u", "video/mp4", size=1)
    assert not assets.exists(SHA256)
    assert assets.committed("u") == len(DATA)


def test_an_upload_that_never_began_takes_nothing(assets: AssetStore) -> None:
    with pytest.raises(NotFound):
        assets.append("u", 0, b"x")
    with pytest.raises(NotFound):
        assets.finish("u", "video/mp4")


def test_a_damaged_blob_is_noticed(tmp_path: Path) -> None:
    assets = AssetStore(str(tmp_path))
    blob = assets.put_bytes(DATA, "video/mp4")
    next((tmp_path / "blobs").rglob(blob.sha256)).write_bytes(b"x" + DATA[1:])
    with pytest.raises(DigestMismatch):
        assets.read(blob.sha256)
    with pytest.raises(DigestMismatch):
        assets.verify(blob.sha256)


WRITER = """
import sys
from kinoform.store.files import Files

def halves():
    yield b"half"
    print("half written", flush=True)
    sys.stdin.read()

Files(sys.argv[1]).write("blobs/x", halves())
"""


def test_a_writer_killed_half_way_leaves_no_half_blob(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"half written\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert not (tmp_path / "blobs" / "x").exists()
    (left,) = (tmp_path / "tmp").iterdir()
    AssetStore(str(tmp_path))
    assert left.exists(), "it may be another process's work"
    os.utime(left, (time.time() - 90_000,) * 2)
    AssetStore(str(tmp_path))
    assert not left.exists()


def test_a_full_disk_is_a_typed_error_and_leaves_nothing(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount a small file system here")
    try:
        assets = AssetStore(str(tmp_path))
        with pytest.raises(StoreFull):
            assets.put_bytes(os.urandom(2 << 20), "video/mp4")
        assert assets.read(assets.put_bytes(DATA[:500_000], "video/mp4").sha256) == DATA[:500_000]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_store_without_its_disk_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable):
        AssetStore(str(tmp_path / "file")).put_bytes(DATA, "video/mp4")
