"""What all commands share."""

import argparse
import getpass
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum

from kinoform.gateway.arguments import Refused
from kinoform.store.assets import AssetStore
from kinoform.store.audit import Act
from kinoform.store.open import Store

_PROJECT = re.compile(r"[a-z0-9-]{1,63}")


class Exit(IntEnum):
    """How commands end, as `kinoform`'s own do."""

    OK = 0
    BAD_INPUT = 2
    REFUSED = 3
    BROKEN = 4
    UNREACHABLE = 5


def checked_project(name: str) -> str:
    """The name of a project. Raises Refused."""
    if not _PROJECT.fullmatch(name):
        raise Refused("PROJECT", name, "1 to 63 of a-z, 0-9 and -")
    return name


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def shown(moment_us: int | None) -> str:
    """`2026-01-31T17:05:00Z`; a dash for what has not happened."""
    return "-" if moment_us is None else f"{datetime.fromtimestamp(moment_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def asset_store(given: argparse.Namespace) -> AssetStore:
    """The asset store that belongs to the job store. Raises Refused."""
    if given.assets is not None:
        return AssetStore(given.assets)
    if given.data is None:
        raise Refused("--assets", "", "given beside --database")
    return AssetStore(str(given.data.absolute() / "assets"))


def add_assets(command: argparse.ArgumentParser) -> None:
    """Add the option that `asset_store` reads."""
    command.add_argument("--assets", metavar="URL", help="asset store elsewhere: any fsspec URL")


@contextmanager
def audited(store: Store, method: str, resource: str) -> Iterator[None]:
    """Writes the audit log around what an operator changes: before, and after with its outcome."""
    intent = uuid.uuid4().hex
    write_audit(store, method, resource, "BEGUN", intent)
    try:
        yield
    except Exception as error:
        write_audit(store, method, resource, type(error).__name__, intent)
        raise
    write_audit(store, method, resource, "OK", intent)


def write_audit(store: Store, method: str, resource: str, outcome: str, intent: str = "") -> None:
    """One entry of what an operator did."""
    act = Act(
        at=now_us(),
        principal=f"operator:{getpass.getuser()}",
        method=f"admin {method}",
        resource=resource,
        outcome=outcome,
        intent=intent,
    )
    store.audit.append([act])
