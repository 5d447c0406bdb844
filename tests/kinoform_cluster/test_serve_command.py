"""`serve` refuses clearly, and holds its folder."""

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kinoform.models.registry import catalogue
from kinoform.models.services import SERVICES
from kinoform_cluster.errors import FolderInUse, NotServable, PortBusy
from kinoform_cluster.folder import occupied
from kinoform_cluster.ports import address, usable_port
from kinoform_cluster.services import chosen


def serve(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kinoform_cluster", "serve", "--port", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"127.0.0.1:{port}"):
            usable_port("127.0.0.1", port)
        ended = serve("--port", str(port), "--data", str(tmp_path))
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert f"127.0.0.1:{port}" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_two_suites_never_share_a_folder(tmp_path: Path) -> None:
    with occupied(tmp_path):
        ended = serve("--data", str(tmp_path))
        assert ended.returncode == 1
        assert str(tmp_path) in ended.stderr
        assert "Traceback" not in ended.stderr
        with pytest.raises(FolderInUse), occupied(tmp_path):
            pass
    with occupied(tmp_path):
        pass


def test_a_bad_model_is_a_usage_error(tmp_path: Path) -> None:
    ended = serve("--data", str(tmp_path / "data"), "--model", f"x=kino-mini:{tmp_path / 'nowhere'}")
    assert ended.returncode == 2
    assert "nowhere" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_service_is_served_if_its_default_model_is_there() -> None:
    offered = catalogue()
    assert chosen([], offered) == SERVICES
    assert chosen(["video"], offered) == ("video",)
    assert chosen([], {"kino-mini": offered["kino-mini"]}) == ("video", "conditioning")
    with pytest.raises(NotServable, match=r"--service mesh.*'form-mini'"):
        chosen(["video", "mesh"], {"kino-mini": offered["kino-mini"]})


def test_the_tokens_are_secret_and_stay(tmp_path: Path) -> None:
    def read() -> list[str]:
        with occupied(tmp_path) as folder:
            files = (folder.token_file, folder.ray_token_file)
            assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
            return [file.read_text() for file in files]

    first = read()
    assert read() == first
    assert len(set(first)) == 2


def test_addresses_of_both_families() -> None:
    assert address("127.0.0.1", 5) == "127.0.0.1:5"
    assert address("::1", 5) == "[::1]:5"
