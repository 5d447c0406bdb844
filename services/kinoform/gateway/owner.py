"""Names of lease owners that tell, on their own machine, whether the owner still lives."""

import os
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Owner:
    """A gateway: one process may hold several."""

    place: str
    """Machine, its boot, and its namespace of process ids: within one place a process id means one process."""
    pid: int
    started: str
    """When the process began, in the kernel's count: process ids are used again."""
    instance: str

    @classmethod
    def here(cls) -> Self:
        """A new owner in this process."""
        pid = os.getpid()
        return cls(_place(), pid, _started(pid), uuid.uuid4().hex[:8])

    def __str__(self) -> str:
        return "|".join((self.place, str(self.pid), self.started, self.instance))

    def surely_dead(self, name: str) -> bool:
        """Whether the owner of that name was a process of this very place, and is gone. False when in doubt."""
        parts = name.split("|")
        if len(parts) != 4 or parts[0] != self.place or not parts[1].isdigit():
            return False
        return _started(int(parts[1])) != parts[2]


def _place() -> str:
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()}/{boot}/{os.readlink(_PROC / 'self/ns/pid')}"


def _started(pid: int) -> str:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    # A zombie runs nothing any more, though its parent has not looked yet.
    return "" if fields[0] in "ZX" else fields[19]
