"""`kinoform admin quota`: what projects may have."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, audited, checked_project, now_us
from kinoform.store.open import Store
from kinoform.store.quotas import Limits

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    commands = groups.add_parser("quota", help="limits of projects").add_subparsers(metavar="COMMAND", required=True)
    put = commands.add_parser("set", parents=[where], help="replace a project's limits; what is left out: the default")
    put.add_argument("project")
    put.add_argument("--queued-jobs", type=int, metavar="N")
    put.add_argument("--compute-seconds-per-day", type=int, metavar="S")
    put.add_argument("--storage-bytes", type=int, metavar="B")
    put.add_argument("--requests-per-minute", type=int, metavar="R")
    put.set_defaults(run=_set)
    listing = commands.add_parser("list", parents=[where], help="limits and present use of projects that have some")
    listing.set_defaults(run=_list)


def _set(given: argparse.Namespace, store: Store) -> int:
    project = checked_project(given.project)
    limits = Limits(
        queued_jobs=given.queued_jobs,
        compute_seconds_per_day=given.compute_seconds_per_day,
        storage_bytes=given.storage_bytes,
        requests_per_minute=given.requests_per_minute,
    )
    with audited(store, "quota set", f"projects/{project}"):
        store.quotas.set(project, limits)
    return Exit.OK


def _list(given: argparse.Namespace, store: Store) -> int:
    for project, limits in store.quotas.list().items():
        used = asdict(store.quotas.usage(project, now=now_us()))
        shown = (
            f"{name}={used.get(name, '-')}/{'default' if limit is None else limit}"
            for name, limit in asdict(limits).items()
        )
        print(project, *shown, sep="  ")
    return Exit.OK
