"""The real suite, started by `kinoform serve` as people start it, on a tiny model with random weights."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import kinoform_weights
from kinoform.models.card import MaterialCard, MaterialLimits, ModelCard
from tests.models.tiny_form import tiny_form_card, write_tiny_form
from tests.models.tiny_grain import write_tiny_grain
from tests.models.tiny_kino import write_tiny_control
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
    write_tiny_control(base)
    card = tiny_card("kino-mini").to_json() | {"vocabulary": VOCABULARY, "conditions": ["mask", "edges"]}
    _write_card(package / "kino-mini", card)
    _write_card(write_tiny_form(package / "form-mini"), tiny_form_card("form-mini").to_json())
    _write_card(write_tiny_grain(package / "grain-mini"), _tiny_grain_card("grain-mini").to_json())
    shutil.copy(str(kinoform_weights.__file__), package)
    shutil.copytree(kinoform_weights.file("u2netp/u2netp.onnx").parent, package / "u2netp")
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


def _write_card(folder: Path, card: dict[str, object]) -> None:
    (folder / "card.json").write_text(json.dumps(card))


def _tiny_grain_card(name: str) -> MaterialCard:
    return ModelCard(
        name=name,
        display_name=name,
        family="grain-mini",
        version="0",
        description="Random weights.",
        license="Apache-2.0",
        limits=("Shows nothing.",),
        ranges=MaterialLimits(sizes=(256,), default_size=256, default_steps=3, default_guidance=1.0, text_tokens=32),
        batch_exact=True,
        image_input=False,
    )
