"""`kinoform admin retention`: how long projects' things are kept."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, add_assets, asset_store, audited, checked_project, now_us
from kinoform.gateway.expiry import Expiry
from kinoform.gateway.leftovers import Leftovers
from kinoform.gateway.terms import DAY_US, TERMS, terms_from
from kinoform.store.open import Store
from kinoform.store.retention import Retention

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    group = groups.add_parser("retention", help="how long things are kept")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    put = commands.add_parser("set", parents=[where], help="replace a project's terms; what is left out: the default")
    put.add_argument("project")
    _add_terms(put)
    put.set_defaults(run=_set)
    apply = commands.add_parser("apply", parents=[where], help="delete what is due now; gateways do so every hour")
    add_assets(apply)
    _add_terms(apply)
    apply.set_defaults(run=_apply)
    listing = commands.add_parser("list", parents=[where], help="terms of projects that have some")
    listing.set_defaults(run=_list)


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


def _add_terms(options: argparse.ArgumentParser) -> None:
    for option, how in TERMS.items():
        options.add_argument(option, **how)


def _shown(kept_us: int | None) -> str:
    return "default" if kept_us is None else f"{kept_us / DAY_US:g} days"
