"""`python -m tests.crash.soak MINUTES`: jobs without end, and something killed every few seconds."""

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import grpc

from kinoform_proto.job.v1.job_pb2 import JobEvent
from tests.crash.__main__ import orphans
from tests.crash.verdict import objections
from tests.crash.world import World
from tests.kinoform_cluster.suite import Client

AT_ONCE = 4
SEEDS = 6
STEPS = 60
PAUSE_S = (2.0, 6.0)
"""Between two kills."""
PASSING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED})
T = TypeVar("T")
VICTIMS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("gateway", 8, ("kinoform.gateway",)),
    ("replica", 6, ("ray::ServeReplica:video",)),
    ("controller", 1, ("ray::ServeController",)),
    ("proxy", 1, ("ray::ProxyActor",)),
    ("database", 2, ()),
)
"""Name, how often beside the others, and marks of its command line."""


@dataclass
class Tally:
    """What was done, and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    attempts: int = 0
    wrong: list[str] = field(default_factory=list)


async def soak(world: World, minutes: float, tally: Tally, rng: random.Random) -> None:
    """Until the time is over and every job has ended."""
    wanted = {seed: await _undisturbed(world, seed) for seed in range(SEEDS)}
    end = time.monotonic() + 60 * minutes
    killing = asyncio.create_task(_kill(world, end, tally, rng))
    await asyncio.gather(*(_submit(world, end, number, wanted, tally) for number in range(AT_ONCE)))
    await killing


async def _undisturbed(world: World, seed: int) -> dict[str, str]:
    async with Client.of(world.suite) as client:
        job = await client.generate(seed=seed, steps=STEPS)
        async for _ in client.watch(job):
            pass
        return await client.outputs(job)


async def _submit(world: World, end: float, number: int, wanted: dict[int, dict[str, str]], tally: Tally) -> None:
    async with Client.of(world.suite) as client:
        while time.monotonic() < end:
            seed = (tally.jobs + number) % SEEDS
            tally.jobs += 1
            # One id however often it is sent: a lost answer must not make two jobs.
            name = await patiently(partial(client.generate, seed=seed, steps=STEPS, request_id=str(uuid.uuid4())))
            events: list[JobEvent] = [event async for event in client.watch(name)]
            job = await patiently(partial(client.get, name))
            outputs = {output.role: output.sha256 for output in job.outputs}
            tally.attempts += job.attempt
            tally.wrong += [f"{name}: {what}" for what in objections(job, events, outputs, wanted[seed])]


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What the call answers, once there is somebody to answer."""
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING:
                raise
            await asyncio.sleep(0.2)


async def _kill(world: World, end: float, tally: Tally, rng: random.Random) -> None:
    while time.monotonic() < end:
        await asyncio.sleep(rng.uniform(*PAUSE_S))
        (victim,) = rng.choices(VICTIMS, [often for _, often, _ in VICTIMS])
        name, _, marks = victim
        if name == "database":
            await asyncio.to_thread(world.kill_database)
            await asyncio.sleep(1.0)
            await asyncio.to_thread(world.start_database)
            tally.kills[name] += 1
            continue
        for process in world.suite.find_all(*marks)[:1]:
            os.kill(process.pid, signal.SIGKILL)
            tally.kills[name] += 1


def main() -> int:
    """A line of figures; 1 if anything was lost, doubled or different."""
    minutes, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="kinoform-soak-") as folder:
        world = World(Path(folder), replicas=2)
        try:
            asyncio.run(soak(world, minutes, tally, random.Random(seed)))
            left = orphans(world)
        finally:
            world.close()
    kills = ", ".join(f"{count} {name}" for name, count in tally.kills.most_common())
    print(f"{tally.jobs} jobs in {tally.attempts} attempts, {tally.kills.total()} kills ({kills})")
    print(f"lost, doubled or different: {len(tally.wrong)}; orphans after the sweep: {left}")
    for line in tally.wrong:
        print(" ", line)
    return 1 if tally.wrong or left else 0


if __name__ == "__main__":
    sys.exit(main())
