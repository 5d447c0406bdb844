"""Files are read in a process that may die, hang or swell without harm."""

import signal
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from kinoform.media.errors import MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.errors import WorkerDied
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.read import read_mesh

SLOW = b"v 0 0 0\n" * 3_000_000 + b"f 1 2 3\n"


def test_a_worker_killed_at_its_work_is_told() -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_mesh, SLOW)
        _child_of_ours().send_signal(signal.SIGKILL)
        with pytest.raises(WorkerDied, match="status -9"):
            reading.result()


def test_a_file_that_takes_too_long_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match=r"took more than 0\.3 s"):
        read_mesh(SLOW, MeshLimits(timeout_s=0.3))


def test_a_file_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match="bytes of memory"):
        read_mesh(bytes(80) + struct.pack("<I", 10**6) + bytes(50 * 10**6), MeshLimits(memory_bytes=256 << 20))


def test_an_error_of_the_reader_comes_as_it_was_raised() -> None:
    with pytest.raises(MediaUnsupported, match=r"^refers to a file outside the archive, '/etc/passwd'$"):
        read_mesh(b"mtllib /etc/passwd\nv 0 0 0\n")


def _child_of_ours() -> psutil.Process:
    """The worker, as soon as it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process().children():
            if "kinoform.media.mesh.worker" in child.cmdline():
                return child
        time.sleep(0.01)
    raise AssertionError("no worker has been started")
