"""Processes below this one, by what Linux says of them. Elsewhere orphans are left to the system."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_POLL_S = 0.05
# Loaded now: between fork and exec is no time for it.
_LIBC = ctypes.CDLL(None)


def adopt_orphans() -> None:
    """Makes this process the parent of whatever its descendants leave behind (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Has the system send SIGTERM to this process when `parent` dies (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before
            os.kill(os.getpid(), signal.SIGTERM)


def reap(keep: Iterable[int] = ()) -> None:
    """Takes the exit status of dead adopted children, so that they don't stay as zombies. Leaves those in `keep`."""
    for pid in _children(os.getpid()) - set(keep):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def sweep(keep: Iterable[int] = (), *, grace_s: float = 5.0) -> None:
    """Ends every descendant that is not below one in `keep`: SIGTERM, and SIGKILL after `grace_s`."""
    end = time.monotonic() + grace_s
    asked: set[int] = set()
    while left := descendants(keep):
        for pid in left - asked if time.monotonic() < end else left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < end else signal.SIGKILL)
        asked |= left
        time.sleep(_POLL_S)
        reap(keep)


def descendants(keep: Iterable[int] = ()) -> set[int]:
    """Process ids of all descendants, less those in `keep` and what is below them."""
    kept, found, waiting = set(keep), set[int](), [os.getpid()]
    while waiting:
        for child in _children(waiting.pop()) - kept:
            found.add(child)
            waiting.append(child)
    return found


def _children(parent: int) -> set[int]:
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == parent}


def _parent(entry: Path) -> int | None:
    try:
        # The name before the last bracket may hold anything.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
