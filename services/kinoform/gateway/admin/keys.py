"""`kinoform admin key`: API keys."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, audited, now_us, shown
from kinoform.gateway.arguments import Refused
from kinoform.store.keys import KeyRecord, Role
from kinoform.store.open import Store

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    commands = groups.add_parser("key", help="API keys").add_subparsers(metavar="COMMAND", required=True)
    create = commands.add_parser("create", parents=[where], help="make a key; prints it, once and for all")
    create.add_argument("--project", action="append", required=True, metavar="NAME", help="repeatable; * for all")
    create.add_argument("--role", choices=[role.value for role in Role], default=Role.MEMBER.value)
    create.add_argument("--label", default="", help="whose it is, in words")
    create.add_argument("--expires-in-days", type=float, metavar="N", help="never, if left out")
    create.set_defaults(run=_create)
    listing = commands.add_parser("list", parents=[where], help="all keys, without their secrets")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_list)
    rotate = commands.add_parser("rotate", parents=[where], help="a new secret; prints the key")
    rotate.add_argument("id")
    rotate.add_argument("--grace-hours", type=float, default=24.0, metavar="N", help="the old one's time (default 24)")
    rotate.set_defaults(run=_rotate)
    revoke = commands.add_parser("revoke", parents=[where], help="end a key for good")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)


def _create(given: argparse.Namespace, store: Store) -> int:
    now = now_us()
    if given.expires_in_days is not None and not 0 < given.expires_in_days < 36_500:
        raise Refused("--expires-in-days", str(given.expires_in_days), "above 0 and below 36500")
    ends = None if given.expires_in_days is None else now + int(given.expires_in_days * _DAY_US)
    with audited(store, "key create", ", ".join(sorted(given.project))):
        record, key = store.keys.create(given.project, Role(given.role), label=given.label, now=now, expires_at=ends)
    _note(f"key {record.id} for {', '.join(record.projects)} as {record.role}; expires: {shown(ends)}")
    _note("Nobody can read it again: keep it now.")
    print(key)
    return Exit.OK


def _list(given: argparse.Namespace, store: Store) -> int:
    now = now_us()
    for record in store.keys.list():
        row = {
            "id": record.id,
            "state": _state(record, now),
            "role": record.role.value,
            "projects": ",".join(record.projects),
            "created": shown(record.created_at),
            "expires": shown(record.expires_at),
            "last_used": shown(record.last_used_at),
            "label": record.label,
        }
        print(json.dumps(row, ensure_ascii=False) if given.json else "  ".join(row.values()))
    return Exit.OK


def _rotate(given: argparse.Namespace, store: Store) -> int:
    if not 0 <= given.grace_hours <= 24 * 90:
        raise Refused("--grace-hours", str(given.grace_hours), "0 to 2160")
    now = now_us()
    grace = int(given.grace_hours * _HOUR_US)
    with audited(store, "key rotate", given.id):
        key = store.keys.rotate(given.id, now=now, grace=grace)
    _note(f"key {given.id} has a new secret; the one before opens until {shown(now + grace)}")
    print(key)
    return Exit.OK


def _revoke(given: argparse.Namespace, store: Store) -> int:
    with audited(store, "key revoke", given.id):
        record = store.keys.revoke(given.id, now=now_us())
    _note(f"key {record.id} opens nothing since {shown(record.revoked_at)}; gateways know within a second or so")
    return Exit.OK


def _state(record: KeyRecord, now: int) -> str:
    if record.revoked_at is not None:
        return "revoked"
    return "active" if record.alive(now) else "expired"


def _note(text: str) -> None:
    print(text, file=sys.stderr)
