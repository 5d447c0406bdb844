"""`python -m tests.fuzz MINUTES [SEED]`: absurd messages and garbage for a gateway. See `make fuzz`."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.benchmarks.load import gateway
from tests.fuzz.attack import METHODS, Report, attack

GROWTH_MB = 64.0
"""Of the gateway's memory after the first minute; what fills up, such as gRPC's pools, is full by then."""


def main() -> int:
    """Figures; 1 if it crashed, hung, grew, or answered untyped."""
    minutes, rng = float(sys.argv[1]), Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    report, sizes, begun = Report(), [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kinoform-fuzz-") as folder, gateway(Path(folder)) as (address, process):
        while time.monotonic() - begun < 60 * minutes:
            asyncio.run(attack(address, rng, 20, report))
            sizes.append(process.memory_info().rss / 2**20)
        alive = process.is_running()
    early = sizes[min(len(sizes) - 1, max(1, len(sizes) // int(max(minutes, 1))))]
    print(f"{report.codes.total()} calls of {len(METHODS)} rpcs: {dict(report.codes.most_common())}")
    print(f"memory {early:.0f} MiB after a minute, {sizes[-1]:.0f} MiB at the end; alive: {alive}")
    print(f"answered untyped, or not at all: {len(report.wrong)}")
    for line in report.wrong[:20]:
        print(" ", line)
    return 1 if report.wrong or not alive or sizes[-1] - early > GROWTH_MB else 0


if __name__ == "__main__":
    sys.exit(main())
