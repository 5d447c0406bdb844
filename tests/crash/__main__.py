"""`python -m tests.crash [FAULT …]`: every fault at every stage, as a table. Some minutes; see `make crash`."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from kinoform.store.assets import AssetStore
from kinoform.store.sweep import sweep
from tests.crash.cell import outcome, undisturbed
from tests.crash.faults import FAULTS, Fault
from tests.crash.stages import STAGES
from tests.crash.world import World, world


def main() -> int:
    """The table; 1 if a cell is wrong."""
    chosen = [fault for fault in FAULTS if not sys.argv[1:] or any(word in fault.name for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory(prefix="kinoform-crash-") as folder, world(Path(folder)) as made:
        return asyncio.run(_table(made, chosen))


async def _table(made: World, faults: list[Fault]) -> int:
    wanted, wrong = await undisturbed(made), 0
    for fault in faults:
        if not fault.possible(made):
            print(f"{fault.name}: cannot be done on this machine", flush=True)
            continue
        for stage in STAGES:
            begun = time.monotonic()
            try:
                result = await outcome(made, fault, stage, wanted)
            except TimeoutError:
                print(f"{fault.name} | {stage.name} | WRONG: did not end", flush=True)
                wrong += 1
                continue
            wrong += bool(result.objections)
            print(f"{fault.name} | {stage.name} | {result} | {time.monotonic() - begun:.0f} s", flush=True)
    left = orphans(made)
    print(f"orphans after the sweep: {left}; cells that went wrong: {wrong}")
    return 1 if wrong or left else 0


def orphans(made: World) -> int:
    """Blobs without an owner that a sweep leaves behind; files half written are none of them."""
    blobs = AssetStore(str(made.data / "assets"))
    sweep(made.store.assets, blobs, older_than_s=0)
    return len(made.store.assets.unreferenced([blob.sha256 for blob in blobs.blobs()]))


if __name__ == "__main__":
    sys.exit(main())
