"""`python -m kinoform.gateway.admin`: what `kinoform admin` hands over to."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kinoform.gateway.admin import audit, backup, keys, project, quotas, retention, storage
from kinoform.gateway.admin.command import Exit
from kinoform.gateway.arguments import Refused
from kinoform.store.audit import AuditBroken
from kinoform.store.erase import StillBusy
from kinoform.store.errors import BackupDamaged, NotEmpty, NotFound, OtherVersion, StoreError, WrongState
from kinoform.store.open import Store, open_store


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; its exit status."""
    given = parser().parse_args(arguments)
    try:
        return _run(given)
    except (Refused, ValueError) as error:
        return _say(error, Exit.BAD_INPUT)
    except (AuditBroken, BackupDamaged) as error:
        return _say(error, Exit.BROKEN)
    except (NotFound, NotEmpty, OtherVersion, StillBusy, WrongState) as error:
        return _say(error, Exit.REFUSED)
    except StoreError as error:
        return _say(error, Exit.UNREACHABLE)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="kinoform admin", description="An operator's work on a job store.")
    options.set_defaults(needs_store=True)
    groups = options.add_subparsers(metavar="GROUP", required=True)
    where = argparse.ArgumentParser(add_help=False)
    place = where.add_mutually_exclusive_group(required=True)
    place.add_argument("--data", type=Path, metavar="DIR", help="data folder of `kinoform serve` or of a gateway")
    place.add_argument("--database", metavar="URL", help="job store elsewhere: postgresql+psycopg://…")
    for group in (keys, audit, quotas, retention, storage, backup, project):
        group.add_to(groups, where)
    return options


def _run(given: argparse.Namespace) -> int:
    if not given.needs_store:
        alone: Callable[[argparse.Namespace], int] = given.run
        return alone(given)
    run: Callable[[argparse.Namespace, Store], int] = given.run
    store = open_store(_database(given))
    try:
        return run(given, store)
    finally:
        store.close()


def _database(given: argparse.Namespace) -> str:
    if given.database is not None:
        return str(given.database)
    if not given.data.is_dir():  # a slip must not make a new, empty store
        raise Refused("--data", str(given.data), "a folder that exists")
    return f"sqlite:///{given.data.absolute() / 'jobs.db'}"


def _say(error: Exception, status: Exit) -> int:
    print(f"kinoform admin: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
