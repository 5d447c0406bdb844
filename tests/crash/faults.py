"""What is done to the suite in the middle of a job, and what is repaired afterwards."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.world import World


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to harm a running suite."""

    name: str
    strike: Callable[[World], None]
    heal: Callable[[World], None] | None = None
    heal_after_s: float = 0.0
    possible: Callable[[World], bool] = lambda world: True
    """Whether this machine lets us do it."""


def _kill(*marks: str) -> Callable[[World], None]:
    return lambda world: os.kill(world.suite.find(*marks).pid, signal.SIGKILL)


def _signal(number: signal.Signals, *marks: str) -> Callable[[World], None]:
    def send(world: World) -> None:
        for process in world.suite.find_all(*marks):
            os.kill(process.pid, number)

    return send


REPLICA = ("ray::ServeReplica:video",)
FAULTS = (
    Fault("gateway and dispatcher: kill -9", _kill("kinoform.gateway")),
    Fault("Ray replica: kill -9", _kill(*REPLICA)),
    Fault("Serve proxy: kill -9", _kill("ray::ProxyActor")),
    Fault("Serve controller: kill -9", _kill("ray::ServeController")),
    Fault("raylet: kill -9", _kill("raylet/raylet")),
    Fault("database server: kill -9", World.kill_database, World.start_database, 2.0),
    Fault("asset store: disk full", World.fill_assets, World.free_assets, 4.0, World.has_disks),
    Fault("database: disk full", World.fill_database, World.free_database, 4.0, World.has_disks),
    Fault("replica hangs: SIGSTOP", _signal(signal.SIGSTOP, *REPLICA), _signal(signal.SIGCONT, *REPLICA), 20.0),
    Fault("lease given away twice", World.give_lease_away),
    Fault("clock an hour ahead", World.clock_ahead, World.clock_right, 4.0, World.has_clock),
    Fault("clock an hour back", World.clock_back, World.clock_right, 4.0, World.has_clock),
    Fault("fifty watchers that do not read", World.watch_without_reading),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
