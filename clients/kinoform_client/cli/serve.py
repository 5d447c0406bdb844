"""`kinoform serve`: hands over to the suite's own program."""

import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib.util import find_spec
from itertools import pairwise

import typer

from kinoform_client.errors import MissingDependencyError


class Runtime(StrEnum):
    """What runs the generation services."""

    RAY = "ray"
    LOCAL = "local"


_NEEDED = {Runtime.LOCAL: (("torch", "kinoform_weights"), "serve"), Runtime.RAY: (("torch", "ray"), "cluster")}


def serve(context: typer.Context) -> None:
    """Start gateway and generation services; prints `ready grpc://HOST:PORT` when requests would succeed."""
    command = serve_command(context.args)
    sys.stdout.flush()
    os.execv(command[0], command)


def serve_command(arguments: Sequence[str], *, find: Callable[[str], object] = find_spec) -> list[str]:
    """The program and its arguments. Raises MissingDependencyError, naming what to install."""
    runtime = _runtime(arguments)
    packages, extra = _NEEDED[runtime]
    missing = [name for name in packages if find(name) is None]
    if missing:
        raise MissingDependencyError(
            f"`kinoform serve --runtime {runtime}` needs {', '.join(missing)}: pip install 'kinoform[{extra}]'"
        )
    return [sys.executable, "-m", "kinoform_cluster", "serve", *arguments]


def _runtime(arguments: Sequence[str]) -> Runtime:
    """The one asked for; whatever else is wrong with the arguments, the other program says."""
    for option, value in pairwise([*arguments, ""]):
        if option == "--runtime=local" or (option == "--runtime" and value == Runtime.LOCAL):
            return Runtime.LOCAL
    return Runtime.RAY
