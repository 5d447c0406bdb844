"""A process of its own for work that may crash, hang or swallow memory: foreign files, and foreign libraries."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from kinoform.media.errors import MediaCorrupt, MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.errors import BadMesh, WorkerDied
from kinoform.media.mesh.limits import MeshLimits

INPUT, RESULT, ERROR = "input", "result", "error.json"
"""Files in the folder that parent and worker share."""
_ERRORS: Final[Mapping[str, type[MediaError]]] = {
    error.__name__: error for error in (BadMesh, MediaCorrupt, MediaTooLarge, MediaUnsupported)
}
_BY_THE_FILE = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}


def in_worker(task: str, data: bytes, limits: MeshLimits) -> bytes:
    """What `kinoform.media.mesh.worker` makes of the data. Raises the MediaError that the worker raised.

    MediaTooLarge, when it took too long or too much memory; MediaCorrupt, when a parser crashed; WorkerDied else.
    """
    with tempfile.TemporaryDirectory(prefix="kinoform-mesh-") as name:
        folder = Path(name)
        (folder / INPUT).write_bytes(data)
        with (folder / "stderr").open("wb") as stderr:
            code = _run(task, folder, limits, stderr.fileno())
        if (folder / ERROR).exists():
            error = json.loads((folder / ERROR).read_text())
            raise _ERRORS[error["kind"]](error["reason"])
        if code != 0:
            raise _death(code, (folder / "stderr").read_bytes()[-400:].decode(errors="replace"), limits)
        return (folder / RESULT).read_bytes()


def _run(task: str, folder: Path, limits: MeshLimits, stderr: int) -> int:
    command = [sys.executable, "-m", "kinoform.media.mesh.worker", task, str(folder), json.dumps(asdict(limits))]
    try:
        return subprocess.run(
            command,
            env=_environment(folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            timeout=limits.timeout_s,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired as error:  # run() has killed it
        raise MediaTooLarge(f"took more than {limits.timeout_s:g} s") from error


def _environment(folder: Path) -> dict[str, str]:
    """None of ours, where secrets and search paths of assets live; one thread, as each maps memory of its own."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PXR_WORK_THREAD_LIMIT"), "1")
    paths = os.pathsep.join(path for path in sys.path if path)
    return {"PATH": os.defpath, "PYTHONPATH": paths, "HOME": str(folder), "TMPDIR": str(folder), **one_thread}


def _death(code: int, last_words: str, limits: MeshLimits) -> MediaError:
    if code == -signal.SIGXCPU:
        return MediaTooLarge(f"took more than {limits.timeout_s:g} s")
    if -code in _BY_THE_FILE:
        return MediaCorrupt(f"a parser crashed on it: {signal.Signals(-code).name}")
    return WorkerDied(f"the worker ended with status {code}: {last_words}")
