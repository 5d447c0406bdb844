"""A scripted engine and a gateway in front of it, fresh for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.server import Gateway
from kinoform.store.assets import AssetStore
from tests.gateway import gateway_peer
from tests.gateway.gateway_peer import Caller
from tests.gateway.scripted_engine import ScriptedEngine


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[ScriptedEngine]:
    engine = ScriptedEngine(AssetStore(str(tmp_path / "assets")))
    yield engine
    await engine.stop()


@pytest.fixture
async def config(engine: ScriptedEngine, tmp_path: Path) -> GatewayConfig:
    return gateway_peer.config(tmp_path, await engine.serve())


@pytest.fixture
async def running(config: GatewayConfig) -> AsyncIterator[tuple[Gateway, Caller]]:
    async with gateway_peer.running(config) as pair:
        yield pair


@pytest.fixture
def caller(running: tuple[Gateway, Caller]) -> Caller:
    return running[1]
