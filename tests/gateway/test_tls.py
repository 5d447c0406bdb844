"""TLS and client certificates, with the SDK and with the CLI."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinoform.gateway.access.certificates import certificate_principal
from kinoform.gateway.access.config import BadAccess
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.errors import Unauthenticated
from kinoform.gateway.server import build
from kinoform.store.keys import Role
from kinoform.store.open import open_store
from kinoform_client import AsyncClient
from kinoform_client._core.retry import RetryPolicy
from kinoform_client.errors import (
    AuthenticationError,
    InvalidArgumentError,
    KinoformError,
    PermissionDeniedError,
    UnavailableError,
)
from tests.gateway.access_peer import key_for
from tests.gateway.authority import Authority

ONCE = RetryPolicy(total_s=2)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def secure(config: GatewayConfig, authority: Authority) -> GatewayConfig:
    """TLS, but no client certificates."""
    return replace(config, tls=authority.sign("server", server=True))


@pytest.fixture
def mutual(secure: GatewayConfig, authority: Authority) -> GatewayConfig:
    """Client certificates, too."""
    return replace(secure, access=replace(secure.access, client_ca=authority.file))


@asynccontextmanager
async def serving(config: GatewayConfig) -> AsyncIterator[str]:
    """HOST:PORT of a gateway."""
    gateway = build(config)
    await gateway.start()
    try:
        yield f"127.0.0.1:{gateway.port}"
    finally:
        await gateway.drain(1.0)


async def listed(address: str, *, project: str = "default", **options: object) -> str:
    """OK, or the name of the error that listing a project's jobs ends with."""
    async with AsyncClient(address, project=project, retry=ONCE, **options) as client:  # type: ignore[arg-type]
        try:
            _ = [job async for job in client.jobs.list()]
        except KinoformError as error:
            return type(error).__name__
    return "OK"


async def test_tls_is_spoken_and_nothing_else(secure: GatewayConfig, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    async with serving(secure) as target:
        assert await listed(f"grpcs://{target}", ca=authority.file) == "OK"
        assert await listed(f"grpcs://{target}", ca=other.file) == UnavailableError.__name__
        assert await listed(f"grpc://{target}") == UnavailableError.__name__


async def test_without_a_certificate_of_the_right_authority_nobody_gets_in(
    mutual: GatewayConfig, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "other").sign("stranger", "kinoform://projects/*")
    async with serving(mutual) as target:
        assert await listed(f"grpcs://{target}", ca=authority.file) == UnavailableError.__name__
        shown = {"ca": authority.file, "certificate": stranger}
        assert await listed(f"grpcs://{target}", **shown) == UnavailableError.__name__


async def test_a_certificate_opens_the_projects_that_it_names(mutual: GatewayConfig, authority: Authority) -> None:
    named = authority.sign("farm", "kinoform://projects/default", "kinoform://projects/second", "https://a.test/")
    machine = authority.sign("machine")
    store = open_store(mutual.database)
    both, second = key_for(store, "default", "third"), key_for(store, "*")
    async with serving(mutual) as target:
        address, denied = f"grpcs://{target}", PermissionDeniedError.__name__

        async def tried(certificate: tuple[Path, Path], key: str | None) -> list[str]:
            options = {"ca": authority.file, "certificate": certificate, "api_key": key}
            return [await listed(address, project=name, **options) for name in ("default", "second", "third")]

        assert await tried(named, None) == ["OK", "OK", denied]
        assert await tried(machine, None) == [AuthenticationError.__name__] * 3
        assert await tried(machine, both) == ["OK", denied, "OK"]
        # A key and a certificate together open what both open.
        assert await tried(named, both) == ["OK", denied, denied]
        assert await tried(named, second) == ["OK", "OK", denied]
        assert await tried(named, "kf_none_none") == [AuthenticationError.__name__] * 3
    store.close()


def test_a_certificate_says_a_role_and_runs_out(authority: Authority) -> None:
    def principal(*uris: str, later: timedelta = timedelta()) -> Role | None:
        pem = authority.sign("some", *uris)[0].read_bytes()
        found = certificate_principal(pem, datetime.now(UTC) + later)
        return None if found is None else found.role

    assert principal("kinoform://projects/p") is Role.MEMBER
    assert principal("kinoform://projects/p", "kinoform://roles/viewer") is Role.VIEWER
    assert principal("https://projects/p") is None
    for uris in (
        ("kinoform://projects/p", "kinoform://roles/owner"),
        ("kinoform://projects/P",),
        ("kinoform://projects/p/q",),
        ("kinoform://projects/p", "kinoform://roles/viewer", "kinoform://roles/admin"),
    ):
        with pytest.raises(Unauthenticated):
            principal(*uris)
    with pytest.raises(Unauthenticated):
        principal("kinoform://projects/p", later=timedelta(days=2))


async def test_client_certificates_without_tls_are_refused(config: GatewayConfig, authority: Authority) -> None:
    with pytest.raises(BadAccess, match="--tls-client-ca needs --tls"):
        build(replace(config, access=replace(config.access, client_ca=authority.file)))


async def test_the_command_line_shows_a_certificate(mutual: GatewayConfig, authority: Authority) -> None:
    certificate, key = authority.sign("farm", "kinoform://projects/default", "kinoform://roles/viewer")
    given = ["--ca", str(authority.file), "--certificate", str(certificate), str(key)]
    by_environment = {
        "KINOFORM_CA": str(authority.file),
        "KINOFORM_CERTIFICATE": str(certificate),
        "KINOFORM_KEY": str(key),
    }
    async with serving(mutual) as target:
        for options, environment in ((given, {}), ([], by_environment)):
            command = [sys.executable, "-m", "kinoform_client", "--address", f"grpcs://{target}", *options, "models"]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, env=os.environ | environment, check=False
            )
            assert (done.returncode, "kino-mini" in done.stdout) == (0, True), done.stderr


def test_options_that_cannot_act_are_refused(authority: Authority, tmp_path: Path) -> None:
    for address, ca in (("grpc://127.0.0.1:1", authority.file), ("grpcs://127.0.0.1:1", tmp_path / "none.pem")):
        with pytest.raises(InvalidArgumentError) as refused:
            AsyncClient(address, ca=ca)
        assert refused.value.violations[0].field == "ca"
