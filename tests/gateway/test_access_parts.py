"""The small machines behind the guard, with clocks of the test's own."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import OKPAlgorithm

from kinoform.gateway.access.buckets import MOST_KEYS, Buckets
from kinoform.gateway.access.fresh import Fresh
from kinoform.gateway.access.jwks import MOST_BYTES, jwks_from
from kinoform.gateway.access.principal import Principal
from kinoform.gateway.access.scope import project_of, sound_name
from kinoform.gateway.errors import KeysOutOfReach
from kinoform.store.keys import Role


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 20), st.floats(0.01, 10))
def test_a_bucket_gives_no_more_than_it_may(pauses: list[float], burst: int, per_s: float) -> None:
    now = 0.0
    buckets = Buckets(lambda: now)
    given_out = 0
    for pause in pauses:
        now += pause
        wait_s = buckets.take("one", burst=burst, per_s=per_s)
        given_out += wait_s == 0
        assert given_out <= burst + now * per_s + 1e-6
        if wait_s > 0:
            now += wait_s + 1e-6
            assert buckets.take("one", burst=burst, per_s=per_s) == 0, "the wait that was named is enough"
            given_out += 1


def test_buckets_do_not_grow_with_strangers() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(MOST_KEYS + 100):
        buckets.take(str(number), burst=1, per_s=1)
    assert len(buckets._levels) == MOST_KEYS
    assert buckets.take(str(MOST_KEYS + 99), burst=1, per_s=1) > 0


async def test_many_calls_share_one_load_and_an_error_is_no_answer() -> None:
    now, loads, broken = 0.0, 0, False

    def load() -> int:
        nonlocal loads
        if broken:
            raise OSError("away")
        loads += 1
        return loads

    fresh = Fresh(load, 1.0, lambda: now)
    assert await asyncio.gather(*(fresh.get() for _ in range(50))) == [1] * 50
    now = 1.0
    assert await fresh.get() == 1
    assert await fresh.get(0.5) == 2
    now, broken = 2.5, True
    with pytest.raises(OSError, match="away"):
        await fresh.get()


def test_two_proofs_open_what_both_open() -> None:
    def who(role: Role, *projects: str) -> Principal:
        return Principal(name="x", projects=frozenset(projects), role=role)

    for one, other, both in (
        (who(Role.ADMIN, "*"), who(Role.VIEWER, "a"), {"a"}),
        (who(Role.VIEWER, "a", "b"), who(Role.MEMBER, "*"), {"a", "b"}),
        (who(Role.VIEWER, "a", "b"), who(Role.MEMBER, "b", "c"), {"b"}),
        (who(Role.VIEWER, "a"), who(Role.MEMBER, "b"), set()),
    ):
        assert (one.within(other).projects, one.within(other).role) == (both, Role.VIEWER)
        assert other.within(one).projects == one.within(other).projects


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("projects/p", "p"),
        ("projects/p/jobs/../../q", "p"),
        ("projects/", ""),
        ("projects/p\n", "p\n"),
        ("projects/P/x", "P"),
        (" projects/p", None),
        ("Projects/p", None),
        ("p", None),
        ("", None),
    ],
)
def test_a_project_is_what_stands_there_and_nothing_near(name: str, project: str | None) -> None:
    assert project_of(name) == project
    assert sound_name(name) == (name if name == "projects/p" else "")


class _Site(BaseHTTPRequestHandler):
    key = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/keys")
        self.end_headers()
        padding = " " * (MOST_BYTES if self.path == "/endless" else 0)
        self.wfile.write(json.dumps({"keys": [{**self.key, "kid": "a"}]}).encode() + padding.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_keys_come_from_an_address_but_not_by_a_detour_or_without_end(site: str) -> None:
    assert jwks_from(f"{site}/keys").find("a") is not None
    for path in ("/moved", "/endless"):
        with pytest.raises(KeysOutOfReach):
            jwks_from(site + path).find("a")
