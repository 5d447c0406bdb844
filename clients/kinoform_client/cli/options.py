"""Options that several commands have, in one wording."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client._core.conditionings import KINDS
from kinoform_client.conditions import ConditionKind
from kinoform_client.errors import invalid

Model = Annotated[str, typer.Option(help="Model; the server's default if left out.")]
Steps = Annotated[int | None, typer.Option(help="Denoising steps.")]
Guidance = Annotated[float | None, typer.Option(help="Guidance scale; 1 is none.")]
Seed = Annotated[int | None, typer.Option(help="Seed of the noise; chosen if left out.")]
Negative = Annotated[str, typer.Option(help="What to steer away from.")]
Reproducible = Annotated[bool, typer.Option(help="Never share a forward pass with other jobs.")]
PauseAt = Annotated[int | None, typer.Option(metavar="STEP", help="Pause after this step, to look and decide.")]
KeepSteps = Annotated[list[int] | None, typer.Option(metavar="STEP", help="Keep it for forks. May be repeated.")]
Priority = Annotated[int, typer.Option(help="-100 to 100; higher runs first.")]
Deadline = Annotated[
    str | None, typer.Option(metavar="10m|TIME", help="When it should be done: 90s, 10m, 2h, 1d, or an ISO time.")
]
Labels = Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be repeated.")]
Previews = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep the previews there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the job as one JSON object.")]
Wait = Annotated[bool, typer.Option(" /--no-wait", help="Return at once; print the job's name.")]
Fps = Annotated[str | None, typer.Option(help="Frame rate: 24, or exactly 24000/1001.")]
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def parse_labels(pairs: list[str] | None) -> dict[str, str]:
    """`KEY=VALUE` each. Raises InvalidArgumentError."""
    found = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise invalid("--label", f"must be KEY=VALUE, got {pair!r}")
        found[key] = value
    return found


def parse_deadline(text: str | None) -> datetime | timedelta | None:
    """`90s`, `10m`, `1.5h`, `2d` from now, or a time in ISO's form, local unless it says otherwise.

    Raises InvalidArgumentError.
    """
    if text is None:
        return None
    span = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd])", text)
    if span:
        return float(span[1]) * _UNITS[span[2]]
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        wanted = "must be a span like 10m or 1.5h, or a time like 2030-01-31T18:00"
        raise invalid("--deadline", f"{wanted}; got {text!r}") from None


def parse_size(option: str, text: str) -> tuple[int, int]:
    """`256x256`. Raises InvalidArgumentError, naming the option."""
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if not found:
        raise invalid(option, f"must be WIDTHxHEIGHT, like 256x256; got {text!r}")
    return int(found[1]), int(found[2])


def parse_kind(option: str, text: str) -> ConditionKind:
    """`cut_out`, also as `cut-out`. Raises InvalidArgumentError, naming the option."""
    named = text.replace("-", "_")
    if named not in KINDS:
        raise invalid(option, f"the kind must be one of {', '.join(KINDS)}; got {text!r}")
    return ConditionKind(named)
