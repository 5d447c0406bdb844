"""What may be wrong with the furniture package."""

from pathlib import Path


class FurnitureError(Exception):
    """Root of the errors of this folder; `reason` is a text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotInstalled(FurnitureError):
    """The package is not there. Install it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"no *.sh3f in {str(folder)!r}: `apt-get install sweethome3d-furniture`")
        self.folder = folder

    def __reduce__(self) -> tuple[type["NotInstalled"], tuple[Path]]:
        return NotInstalled, (self.folder,)


class BadModel(FurnitureError):
    """An item or its model is not what it should be. Leave it out, or install the package again."""
