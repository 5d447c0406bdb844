"""Fresh job stores, without the tenth of a second that making the tables takes."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from kinoform.store.open import open_store


def fresh(folder: Path) -> str:
    """URL of a job store without rows, `jobs.db` in the folder; one that is there is left as it is."""
    place = folder / "jobs.db"
    if not place.exists():
        shutil.copyfile(_empty(), place)
    return f"sqlite:///{place}"


@cache
def _empty() -> Path:
    folder = tempfile.mkdtemp(prefix="kinoform-empty-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = Path(folder) / "jobs.db"
    open_store(f"sqlite:///{place}").close()
    return place
