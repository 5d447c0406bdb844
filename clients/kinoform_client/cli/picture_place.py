"""Where a prepared picture is saved."""

from dataclasses import dataclass
from pathlib import Path

from kinoform_client.cli.places import names_folder
from kinoform_client.cli.progress import JobView
from kinoform_client.errors import invalid
from kinoform_client.sync.conditioning_handle import ConditioningHandle
from kinoform_client.sync.handles import JobHandle, OutputFile

_ROLE_SUFFIXES = {"clip": ".zip", "mask_clip": ".zip", "pose": ".json", "embedding": ".npy"}


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A PNG file; whatever else the conditioning has goes beside it, `FILE-mask.png`, `FILE-clip.zip`."""

    path: Path

    def save(self, made: JobHandle | ConditioningHandle, view: JobView) -> list[Path]:
        """Downloads the picture, then the rest."""
        return [output.download(self._file(output), report=view.moved) for output in made.outputs]

    def _file(self, output: OutputFile) -> Path:
        if output.role == "picture":
            return self.path
        suffix = _ROLE_SUFFIXES.get(output.role, self.path.suffix)
        return self.path.with_name(f"{self.path.stem}-{output.role.replace('_', '-')}{suffix}")


def picture_place(output: str, name: str) -> PicturePlace:
    """Where `-o` points; a folder's file has the name. Raises InvalidArgumentError."""
    path = Path(output) / f"{name}.png" if names_folder(output) else Path(output)
    if path.suffix.lower() not in ("", ".png"):
        raise invalid("--output", f"must end in .png, or name a folder; got {path.name!r}")
    return PicturePlace(path.with_suffix(path.suffix or ".png"))
