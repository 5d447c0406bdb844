"""How long things are kept, as people type it."""

import argparse
import math
from collections.abc import Mapping
from typing import Any

from kinoform.gateway.arguments import Refused
from kinoform.store.retention import Terms

DAY_US = 86_400_000_000
MOST_DAYS = 36_500
TERMS: Mapping[str, Mapping[str, Any]] = {
    "--keep-files-days": {"type": float, "metavar": "N", "help": "assets, from when they were stored"},
    "--keep-jobs-days": {"type": float, "metavar": "N", "help": "jobs with events and states, from their end"},
}


def terms_from(given: argparse.Namespace) -> Terms:
    """What the command line says. Raises Refused."""
    files, jobs = (_us(option, getattr(given, option[2:].replace("-", "_"))) for option in TERMS)
    return Terms(files=files, jobs=jobs)


def _us(option: str, days: float | None) -> int | None:
    if days is None:
        return None
    if not (math.isfinite(days) and 0 < days <= MOST_DAYS):
        raise Refused(option, str(days), f"above 0 and at most {MOST_DAYS}")
    return max(1, round(days * DAY_US))
