"""What every command shares: where the server is, how to print, how to end."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from kinoform_client import errors
from kinoform_client._core.address import Settings, settings
from kinoform_client._core.retry import RetryPolicy
from kinoform_client.sync.client import Client

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False)


class Exit(IntEnum):
    """How commands end."""

    OK = 0
    BUG = 1
    BAD_INPUT = 2
    REFUSED = 3
    FAILED = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


EXITS: dict[type[errors.KinoformError], Exit] = {
    errors.InvalidArgumentError: Exit.BAD_INPUT,
    errors.NotFoundError: Exit.REFUSED,
    errors.AlreadyExistsError: Exit.REFUSED,
    errors.PermissionDeniedError: Exit.REFUSED,
    errors.AuthenticationError: Exit.REFUSED,
    errors.FailedPreconditionError: Exit.REFUSED,
    errors.ResourceExhaustedError: Exit.REFUSED,
    errors.MissingDependencyError: Exit.REFUSED,
    errors.JobFailedError: Exit.FAILED,
    errors.JobCancelledError: Exit.FAILED,
    errors.JobPausedError: Exit.REFUSED,
    errors.DataLossError: Exit.FAILED,
    errors.ChecksumError: Exit.FAILED,
    errors.UnavailableError: Exit.UNREACHABLE,
    errors.DeadlineError: Exit.UNREACHABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options given before the command."""

    address: str | None
    api_key: str | None
    project: str
    ca: Path | None = None
    certificate: tuple[Path, Path] | None = None
    sidecars: bool = False

    def settings(self) -> Settings:
        """Where the server is. Raises InvalidArgumentError."""
        return settings(self.address, self.api_key)

    def client(self) -> Client:
        """A client that gives up on a server that isn't there within seconds."""
        policy = RetryPolicy(total_s=6)
        return Client(
            self.address,
            api_key=self.api_key,
            project=self.project,
            ca=self.ca,
            certificate=self.certificate,
            retry=policy,
            sidecars=self.sidecars,
        )


def session(context: typer.Context) -> Session:
    """The session of a command's context."""
    found = context.find_object(Session)
    assert found is not None, "the application's callback makes it"
    return found


def print_json(value: object) -> None:
    """One JSON object, one line, on stdout."""
    json.dump(plain(value), sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
    sys.stdout.flush()


def print_lines(*lines: str) -> None:
    """Lines on stdout, never cut or broken: they are meant to be copied and piped."""
    for line in lines:
        stdout.print(line, markup=False, soft_wrap=True)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print_lines(*("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows))


def local_time(moment: datetime | None) -> str:
    """`2026-01-31 17:05:00`, where this machine is; empty for what has not happened."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def note(text: str) -> None:
    """A line for people, on stderr."""
    stderr.print(text, markup=False, soft_wrap=True)


def plain(value: Any) -> Any:
    """Records as JSON values. Durations are seconds, times ISO 8601, fractions text, pictures their size in bytes."""
    if isinstance(value, errors.KinoformError):
        return {"type": type(value).__name__, "message": str(value)} | plain(value.details)
    if is_dataclass(value):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return len(value)
    return str(value) if isinstance(value, Fraction) else value
