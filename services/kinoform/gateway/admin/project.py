"""`kinoform admin project`: projects as a whole."""

import argparse
from typing import TYPE_CHECKING

from kinoform.gateway.admin.command import Exit, add_assets, asset_store, audited, checked_project
from kinoform.gateway.arguments import Refused
from kinoform.store.erase import erase
from kinoform.store.open import Store

if TYPE_CHECKING:
    Groups = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(groups: "Groups", where: argparse.ArgumentParser) -> None:
    """Add the commands. where: options that say which store."""
    commands = groups.add_parser("project", help="whole projects").add_subparsers(metavar="COMMAND", required=True)
    gone = commands.add_parser("delete", parents=[where], help="delete all of a project: jobs, prompts, files, uploads")
    gone.add_argument("project")
    add_assets(gone)
    gone.add_argument("--yes", action="store_true", help="really; nothing brings it back but a backup")
    gone.set_defaults(run=_delete)


def _delete(given: argparse.Namespace, store: Store) -> int:
    project, blobs = checked_project(given.project), asset_store(given)
    if not given.yes:
        raise Refused("--yes", "", f"given to delete all of projects/{project}")
    with audited(store, "project delete", f"projects/{project}"):
        erased = erase(store, blobs, project)
    print(f"jobs={erased.jobs}  assets={erased.assets}  bytes={erased.bytes}")
    return Exit.OK
