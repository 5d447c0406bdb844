"""Work to be done apart."""

import os
import signal
import sys
import time
from collections.abc import Iterator

from kinoform.media.errors import MediaCorrupt


def added(left: int, right: int) -> int:
    return left + right


def counted(most: int) -> Iterator[int]:
    yield from range(most)


def printed() -> str:
    print("noise", flush=True)
    return "signal"


def refused() -> None:
    raise MediaCorrupt("no good")


def crashed() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def slept() -> None:
    time.sleep(3600)


def process() -> int:
    return os.getpid()


def loaded() -> set[str]:
    """What this process has imported once it can do all that is asked of it."""
    import kinoform.material.files
    import kinoform.mesh.change
    import kinoform.mesh.files  # noqa: F401

    return set(sys.modules)
