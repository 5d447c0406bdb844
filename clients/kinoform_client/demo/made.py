"""What a prepared picture or clip steered."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A film, the files beside it, and how the page shows it."""

    caption: str
    files: tuple[Path, ...]
    """The film first."""
    figure: str
