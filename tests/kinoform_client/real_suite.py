"""The real suite, started by `kinoform serve` as people start it, on a tiny model with random weights."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import kinoform_weights
from tests.video.tiny_model import tiny_card, write_tiny_model, write_tiny_turbo

VOCABULARY = {
    "subjects": ["a penguin", "a rocket", "a cat"],
    "motions": ["moves to the left", "jumps"],
    "backgrounds": ["over a teal background", "over snow"],
}
KINOFORM = [sys.executable, "-m", "kinoform_client"]


def tiny_environment(folder: Path) -> dict[str, str]:
    """An environment whose embedded models are tiny ones: quick to load, and there before any training is done."""
    package = folder / "kinoform_weights"
    base = write_tiny_model(package / "kino-mini", "kino-mini")
    write_tiny_turbo(package / "kino-mini-turbo", base=base, name="kino-mini-turbo")
    card = tiny_card("kino-mini").to_json() | {"vocabulary": VOCABULARY}
    (package / "kino-mini" / "card.json").write_text(json.dumps(card))
    shutil.copy(str(kinoform_weights.__file__), package)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


class RealSuite:
    """`kinoform serve --runtime local`; keeps its data folder when it is started again."""

    def __init__(self, environment: dict[str, str], data: Path) -> None:
        self._environment = environment
        self._data = data
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [*KINOFORM, "serve", "--runtime", "local", "--port", str(self.port), "--data", str(self._data)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready grpc://127.0.0.1:"), line
        self.port = int(line.rpartition(":")[2])

    def kill(self) -> None:
        """As the machine's power failing would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
