"""What makes a suite of all services start within seconds: default models of random weights."""

from pathlib import Path

from kinoform.models.registry import EMBEDDED
from tests.kinoform_client.real_suite import tiny_environment


def tiny_suite(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Environment and arguments of a suite whose default models are tiny ones, written into `folder`."""
    environment = tiny_environment(folder)
    weights = folder / "kinoform_weights"
    arguments: list[str] = []
    for name in ("form-mini", "grain-mini"):
        if name not in EMBEDDED:
            arguments += ["--model", f"{name}={name}:{weights / name}"]
    return environment, arguments
