"""`make bench`: measures and prints; nothing passes or fails here."""

import argparse
import platform

import psutil

from tests.benchmarks import (
    checkpoints,
    conditioning,
    control,
    engine,
    load,
    policies,
    signing,
    suite,
    surface,
    validators,
    watermark,
)
from tests.benchmarks.table import show

PARTS = {
    "engine": engine.figures,
    "checkpoints": checkpoints.figures,
    "policies": policies.figures,
    "load": load.figures,
    "control": control.figures,
    "surface": surface.figures,
    "validators": validators.figures,
    "conditioning": conditioning.figures,
    "signing": signing.figures,
    "watermark": watermark.figures,
    "ray": lambda: suite.figures("ray"),
    "local": lambda: suite.figures("local"),
}


def main() -> None:
    """Runs the chosen parts, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts (default: all)")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    options = parser.parse_args()
    if not options.json:
        cores = len(psutil.Process().cpu_affinity() or ())
        print(f"{platform.processor() or platform.machine()}, {cores} cores, Python {platform.python_version()}")
    for part in options.parts or PARTS:
        show(PARTS[part](), as_json=options.json)


if __name__ == "__main__":
    main()
