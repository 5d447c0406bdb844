"""One fault at one stage of one job, and what came of it."""

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from kinoform_proto.job.v1.job_pb2 import JobEvent
from tests.crash.faults import Fault
from tests.crash.stages import STEPS, Stage
from tests.crash.verdict import objections, struck_at
from tests.crash.world import World
from tests.kinoform_cluster.suite import Client

SEED = 7
PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a cell."""

    objections: tuple[str, ...]
    attempts: int
    struck_at: str
    """Where the first attempt was cut short; empty if the fault left it alone."""

    def __str__(self) -> str:
        if self.objections:
            return "WRONG: " + "; ".join(self.objections)
        cut = f" ({self.struck_at})" if self.struck_at else ""
        return f"same bytes, {self.attempts} attempt{'s' if self.attempts > 1 else ''}{cut}"


async def undisturbed(world: World) -> dict[str, str]:
    """Outputs of a job that nobody harms: SHA-256 by role."""
    async with Client.of(world.suite) as client:
        job = await client.generate(seed=SEED, steps=STEPS, large=True)
        async for _ in client.watch(job):
            pass
        return await client.outputs(job)


async def outcome(world: World, fault: Fault, stage: Stage, wanted: Mapping[str, str]) -> Outcome:
    """Strikes once the job is at that stage, heals when it is time, and waits for the end."""
    async with asyncio.timeout(PATIENCE_S), Client.of(world.suite) as client:
        world.job = await client.generate(seed=SEED, steps=STEPS, large=True)
        events: list[JobEvent] = []
        healing: asyncio.Task[None] | None = None
        async for event in client.watch(world.job):
            events.append(event)
            if healing is None and stage.begun(event):
                with world.holding_the_books() if stage.uncommitted else nullcontext():
                    await asyncio.to_thread(fault.strike, world)
                healing = asyncio.create_task(_healed(world, fault))
        assert healing is not None, f"the job never came to {stage.name}"
        await healing
        job = await client.get(world.job)
        outputs = {output.role: output.sha256 for output in job.outputs}
        found = objections(job, events, outputs, wanted)
        return Outcome((*found, *_unsound(world, outputs)), job.attempt, struck_at(events))


async def _healed(world: World, fault: Fault) -> None:
    await asyncio.sleep(fault.heal_after_s)
    if fault.heal is not None:
        await asyncio.to_thread(fault.heal, world)


def _unsound(world: World, outputs: Mapping[str, str]) -> list[str]:
    """Outputs whose stored bytes are not those that their name promises."""
    blobs = {path.name: path for path in (world.data / "assets" / "blobs").rglob("*") if path.is_file()}
    return [f"{role} is damaged" for role, sha256 in outputs.items() if not _sound(blobs.get(sha256), sha256)]


def _sound(path: Path | None, sha256: str) -> bool:
    return path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
