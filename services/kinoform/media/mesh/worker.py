"""The process behind `sandbox.in_worker`: `python -m kinoform.media.mesh.worker TASK FOLDER LIMITS`."""

import json
import math
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from kinoform.media.errors import MediaError, MediaTooLarge
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.sandbox import ERROR, INPUT, RESULT

_FILE_BYTES = 4 << 30


def main(task: str, folder: Path, limits: MeshLimits) -> None:
    """Do one task on the folder's input; leave a result there, or an error."""
    _confine(limits)
    try:
        result = TASKS[task]((folder / INPUT).read_bytes(), limits)
    except MediaError as error:
        _leave_error(folder, error)
    except MemoryError:
        _leave_error(folder, MediaTooLarge(f"needs more than {limits.memory_bytes} bytes of memory"))
    else:
        (folder / RESULT).write_bytes(result)


def _confine(limits: MeshLimits) -> None:
    seconds = math.ceil(limits.timeout_s)
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def _leave_error(folder: Path, error: MediaError) -> None:
    (folder / ERROR).write_text(json.dumps({"kind": type(error).__name__, "reason": error.reason}))


# Each imports what it needs alone: USD and manifold3d are heavy, and none is needed by all.
def _read(data: bytes, limits: MeshLimits) -> bytes:
    from kinoform.media.mesh.npz import part_to_npz
    from kinoform.media.mesh.readers.any import read_part

    return part_to_npz(*read_part(data, limits))


def _report(data: bytes, limits: MeshLimits) -> bytes:
    from kinoform.media.mesh.examine import examined

    return examined(data, limits)


def _write_usdc(data: bytes, _limits: MeshLimits) -> bytes:
    from kinoform.media.mesh.npz import part_from_npz
    from kinoform.media.mesh.writers.usd_layer import usdc_bytes

    return usdc_bytes(*part_from_npz(data), packaged=False)


def _write_usdz(data: bytes, _limits: MeshLimits) -> bytes:
    from kinoform.media.mesh.npz import part_from_npz
    from kinoform.media.mesh.writers.usd_layer import usdz_bytes

    return usdz_bytes(*part_from_npz(data))


TASKS: Final[Mapping[str, Callable[[bytes, MeshLimits], bytes]]] = {
    "read": _read,
    "report": _report,
    "usdc": _write_usdc,
    "usdz": _write_usdz,
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), MeshLimits(**json.loads(sys.argv[3])))
