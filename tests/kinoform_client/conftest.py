"""A peer, its port and a shell, fresh for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.shell import Shell


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def served(peer: Peer) -> Iterator[Served]:
    served = Served(peer)
    yield served
    served.stop()


@pytest.fixture
def shell(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(served)
