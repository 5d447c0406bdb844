"""The embedded models' weights and cards: data, and the way to find it."""

from pathlib import Path


def path(name: str) -> Path:
    """Folder of the embedded model `name`. Raises FileNotFoundError if there is none."""
    folder = Path(__file__).parent / name
    if not (folder / "card.json").is_file():
        raise FileNotFoundError(f"no embedded model {name!r} in {folder.parent}")
    return folder
