"""`kinoform admin audit`: the audit log, read and checked."""

import argparse
import re
import sys
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit
from kinoform.gateway.arguments import Refused
from kinoform.store.audit import Head
from kinoform.store.open import Store

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]

_ANCHOR = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    commands = groups.add_parser("audit", help="who did what").add_subparsers(metavar="COMMAND", required=True)
    export = commands.add_parser("export", parents=[where], help="one JSON object a line, oldest first")
    export.add_argument("--after", type=int, default=0, metavar="SEQUENCE", help="only later ones")
    export.set_defaults(run=_export)
    verify = commands.add_parser("verify", parents=[where], help="check every entry; prints the end, SEQUENCE:HASH")
    verify.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="SEQUENCE:HASH",
        help="an end that was printed before and kept elsewhere; repeatable. Without one nobody can tell whether the "
        "newest entries were cut off by somebody who owns the database",
    )
    verify.set_defaults(run=_verify)


def _export(given: argparse.Namespace, store: Store) -> int:
    for entry in store.audit.entries(given.after):
        print(entry.to_json())
    return Exit.OK


def _verify(given: argparse.Namespace, store: Store) -> int:
    end = store.audit.verify([_anchor(text) for text in given.anchor])
    print(f"{end.sequence} entries, none changed, removed or moved", file=sys.stderr)
    print(f"{end.sequence}:{end.hash}")
    return Exit.OK


def _anchor(text: str) -> Head:
    found = _ANCHOR.fullmatch(text)
    if found is None:
        raise Refused("--anchor", text, "SEQUENCE:HASH as `verify` prints it")
    return Head(int(found[1]), found[2])
