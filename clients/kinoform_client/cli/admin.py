"""`kinoform admin`: hands over to the server's own program, which opens the job store itself."""

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec

import typer

from kinoform_client.errors import MissingDependencyError

HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Every argument, `--help` too, is the other program's."""


def admin(context: typer.Context) -> None:
    """Keys, quotas and the audit log, for operators: works on the data folder or the database itself."""
    command = admin_command(context.args)
    sys.stdout.flush()
    os.execv(command[0], command)


def admin_command(arguments: list[str], *, find: Callable[[str], object] = find_spec) -> list[str]:
    """The program and its arguments. Raises MissingDependencyError, naming what to install."""
    if find("sqlalchemy") is None:
        raise MissingDependencyError("`kinoform admin` needs sqlalchemy: pip install 'kinoform[serve]'")
    return [sys.executable, "-m", "kinoform.gateway.admin", *arguments]
