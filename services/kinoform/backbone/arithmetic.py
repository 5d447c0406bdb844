"""How this machine multiplies matrices, settled before the first product."""

import os
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
VARIABLE = "MKL_CBWR"
STRICT = "AUTO,STRICT"
"""Of Intel MKL's conditional numerical reproducibility: a row's bits no longer hang on how many rows there are. Without
it, products of 8 rows come out otherwise than those of more on processors with AVX-512."""


def settle(cpuinfo: Path = _CPUINFO) -> None:
    """Makes products exact in their rows where that takes a setting: on Intel's processors, for whom MKL has it. On
    others its default was exact when it was measured; `rows_are_exact` measures it at every start anyway.

    To be called before the first product: MKL reads its environment only then. What the user has set stays.
    """
    try:
        intel = "GenuineIntel" in cpuinfo.read_text()
    except OSError:  # no Linux
        return
    if intel:
        os.environ.setdefault(VARIABLE, STRICT)
