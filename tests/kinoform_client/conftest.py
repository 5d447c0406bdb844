"""A peer and its port, fresh for every test."""

from collections.abc import Iterator

import pytest

from tests.kinoform_client.client_peer import Peer, Served


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def served(peer: Peer) -> Iterator[Served]:
    served = Served(peer)
    yield served
    served.stop()
