"""`kinoform admin storage`: what projects hold, and what nobody does."""

import argparse
import math
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, add_assets, asset_store, audited
from kinoform.gateway.arguments import Refused
from kinoform.store.open import Store
from kinoform.store.sweep import OLD_S, sweep

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]

_HOUR_S = 3600.0


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    commands = groups.add_parser("storage", help="stored bytes").add_subparsers(metavar="COMMAND", required=True)
    usage = commands.add_parser("list", parents=[where], help="assets and bytes of every project")
    usage.set_defaults(run=_list)
    clean = commands.add_parser("sweep", parents=[where], help="delete blobs that nobody refers to")
    add_assets(clean)
    clean.add_argument(
        "--older-than-h",
        type=float,
        default=OLD_S / _HOUR_S,
        metavar="H",
        help="hours; below 1 only while nothing runs",
    )
    clean.set_defaults(run=_sweep)


def _list(given: argparse.Namespace, store: Store) -> int:
    for project, (count, size) in store.assets.held().items():
        print(project, f"assets={count}", f"bytes={size}", sep="  ")
    return Exit.OK


def _sweep(given: argparse.Namespace, store: Store) -> int:
    if not (math.isfinite(given.older_than_h) and given.older_than_h >= 0):
        raise Refused("--older-than-h", str(given.older_than_h), "0 or more")
    blobs = asset_store(given)
    with audited(store, "storage sweep", ""):
        swept = sweep(store.assets, blobs, older_than_s=given.older_than_h * _HOUR_S)
    print(f"blobs={swept.blobs}  bytes={swept.bytes}")
    return Exit.OK
