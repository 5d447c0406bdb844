"""`kinoform admin backup`: job store and blobs, saved elsewhere and brought back."""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, add_assets, asset_store, audited, now_us, write_audit
from kinoform.gateway.arguments import Refused
from kinoform.store.backup.create import create
from kinoform.store.backup.place import Place
from kinoform.store.backup.prune import prune
from kinoform.store.backup.restore import Checked, restore, verify
from kinoform.store.open import Store

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]

_ABOUT = (
    "A backup holds the job store and all blobs that it refers to, in a folder or at any fsspec URL. It is made while "
    "everything runs, and one made of SQLite can be restored into PostgreSQL, or the other way round. Not in it: "
    "signing keys, engine tokens, logs, weights, half-sent uploads. Who can read it sees prompts and outputs."
)


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    group = groups.add_parser("backup", help="job store and blobs, saved and restored", description=_ABOUT)
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    making = commands.add_parser("create", parents=[where], help="may run beside everything else", description=_ABOUT)
    making.add_argument("destination", metavar="DEST", help="folder or fsspec URL; what earlier ones copied is shared")
    making.add_argument(
        "--keep", type=int, metavar="N", help="afterwards drop all but the N newest; nothing, if left out"
    )
    add_assets(making)
    making.set_defaults(run=_create)
    bringing = commands.add_parser("restore", parents=[where], help="into empty stores", description=_ABOUT)
    add_assets(bringing)
    _add_source(bringing)
    bringing.set_defaults(run=_restore)
    checking = commands.add_parser("verify", help="read and check all of a backup", description=_ABOUT)
    _add_source(checking)
    checking.set_defaults(run=_verify, needs_store=False)


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="SOURCE", help="folder or fsspec URL")
    command.add_argument(
        "--dump", metavar="NAME", help="as `create` prints it; the newest that is complete, if left out"
    )


def _create(given: argparse.Namespace, store: Store) -> int:
    if given.keep is not None and given.keep < 1:
        raise Refused("--keep", str(given.keep), "1 or more")
    place = Place(given.destination)
    with audited(store, "backup create", _shown(given.destination)), _private_files():
        made = create(store, asset_store(given), place, now=now_us())
    for trouble in made.damaged:
        print(f"kinoform admin: left out, with what refers to it: {trouble}", file=sys.stderr)
    print(f"{made.manifest.name}  blobs={made.blobs}  new={made.new}  bytes={made.new_bytes}")
    # Earlier dumps may hold what this one could not have.
    if given.keep is not None and not made.damaged:
        dropped = prune(place, keep=given.keep)
        print(f"dropped  blobs={dropped.blobs}  bytes={dropped.bytes}")
    return Exit.BROKEN if made.damaged else Exit.OK


def _restore(given: argparse.Namespace, store: Store) -> int:
    found = restore(Place(given.source), store, asset_store(given), now=now_us(), dump=given.dump)
    write_audit(store, "backup restore", f"{_shown(given.source)} {found.manifest.name}", "OK")
    _say(found)
    end = store.audit.verify()
    print(f"audit={end.sequence}:{end.hash}")
    return Exit.OK


def _verify(given: argparse.Namespace) -> int:
    _say(verify(Place(given.source), given.dump))
    return Exit.OK


def _say(found: Checked) -> None:
    rows = sum(table.rows for table in found.manifest.tables.values())
    left_out = len(found.manifest.left_out)
    print(f"{found.manifest.name}  rows={rows}  blobs={found.blobs}  left_out={left_out}")


def _shown(url: str) -> str:
    """Without the user and password that a URL may carry."""
    return re.sub(r"//[^/@]*@", "//", url)


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)  # as private as the data folder
    try:
        yield
    finally:
        os.umask(before)
