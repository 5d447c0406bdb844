"""The embedded models' weights and cards: data, and the way to find it."""

from pathlib import Path


def path(name: str) -> Path:
    """Folder of the embedded model `name`. Raises FileNotFoundError if there is none."""
    folder = Path(__file__).parent / name
    if not (folder / "card.json").is_file():
        raise FileNotFoundError(f"no embedded model {name!r} in {folder.parent}")
    return folder


def file(name: str) -> Path:
    """One file of the distribution: `u2netp/u2netp.onnx`. Raises FileNotFoundError if it is not there."""
    found = Path(__file__).parent / name
    if not found.is_file():
        raise FileNotFoundError(f"no file {name!r} among the embedded weights")
    return found
