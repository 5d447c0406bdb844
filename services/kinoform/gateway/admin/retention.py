"""`kinoform admin retention`: how long projects' things are kept."""

import argparse
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, Refused, add_assets, asset_store, audited, checked_project, now_us
from kinoform.gateway.expiry import Expiry
from kinoform.gateway.leftovers import Leftovers
from kinoform.store.open import Store
from kinoform.store.retention import Retention, Terms

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]

_DAY_US = 86_400_000_000
MOST_DAYS = 36_500


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    group = groups.add_parser("retention", help="how long things are kept")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    put = commands.add_parser("set", parents=[where], help="replace a project's terms; what is left out: the default")
    put.add_argument("project")
    add_terms(put)
    put.set_defaults(run=_set)
    apply = commands.add_parser("apply", parents=[where], help="delete what is due now; gateways do so every hour")
    add_assets(apply)
    add_terms(apply)
    apply.set_defaults(run=_apply)
    listing = commands.add_parser("list", parents=[where], help="terms of projects that have some")
    listing.set_defaults(run=_list)


def add_terms(options: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add what `terms_from` reads."""
    options.add_argument("--keep-files-days", type=float, metavar="N", help="assets, from when they were stored")
    options.add_argument(
        "--keep-jobs-days", type=float, metavar="N", help="jobs with events and states, from their end"
    )


def terms_from(given: argparse.Namespace) -> Terms:
    """What the command line says. Raises Refused."""
    return Terms(
        files=_us("--keep-files-days", given.keep_files_days), jobs=_us("--keep-jobs-days", given.keep_jobs_days)
    )


def _set(given: argparse.Namespace, store: Store) -> int:
    project, terms = checked_project(given.project), terms_from(given)
    with audited(store, "retention set", f"projects/{project}"):
        store.retention.set(project, terms)
    return Exit.OK


def _apply(given: argparse.Namespace, store: Store) -> int:
    leftovers = Leftovers(store.assets, asset_store(given))
    due = Retention(store.database, terms_from(given))
    with audited(store, "retention apply", ""):
        expired = Expiry(replace(store, retention=due), leftovers, now_us).once()
    print(f"jobs={expired.jobs}  files={expired.files}")
    return Exit.OK


def _list(_: argparse.Namespace, store: Store) -> int:
    for project, terms in store.retention.list().items():
        print(project, f"files={_shown(terms.files)}", f"jobs={_shown(terms.jobs)}", sep="  ")
    return Exit.OK


def _us(option: str, days: float | None) -> int | None:
    if days is None:
        return None
    if not (math.isfinite(days) and 0 < days <= MOST_DAYS):
        raise Refused(option, str(days), f"above 0 and at most {MOST_DAYS}")
    return max(1, round(days * _DAY_US))


def _shown(kept_us: int | None) -> str:
    return "default" if kept_us is None else f"{kept_us / _DAY_US:g} days"
