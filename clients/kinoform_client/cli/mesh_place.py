"""Where a mesh is saved, and in which formats."""

from dataclasses import dataclass
from pathlib import Path

from kinoform_client.cli.places import names_folder, unused
from kinoform_client.cli.progress import JobView
from kinoform_client.errors import invalid
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import MeshFormat

_ENDINGS = {each: ".zip" if each is MeshFormat.OBJ else f".{each}" for each in MeshFormat}
"""By format; an OBJ file comes with its materials and textures, in a ZIP file."""
_ELSE = "name a folder, or leave the suffix away"
_FORMATS = {ending: each for each, ending in _ENDINGS.items()}


@dataclass(frozen=True, slots=True)
class MeshPlace:
    """A name without suffix, for a file of each format and level of detail; or one file."""

    stem: Path
    format: MeshFormat | None = None
    """Of the one file."""

    def formats(self, asked: str | None, lods: int | None) -> list[str]:
        """What to ask the server for. asked: `glb,usdz`. Raises InvalidArgumentError if it doesn't fit one file."""
        named = None if asked is None else [each.strip().lower() for each in asked.split(",")]
        if self.format is None:
            return named or [MeshFormat.GLB]
        if named not in (None, [self.format]):
            raise invalid("--output", f"names one {self.format} file, --format asks for {asked}; {_ELSE}")
        if lods is not None and lods > 1:
            raise invalid("--output", f"names one file for {lods} levels of detail; {_ELSE}")
        return [self.format]

    def save(self, job: JobHandle, view: JobView) -> list[Path]:
        """Downloads every mesh that the job has made, or the one file."""
        if self.format is not None:
            return [job.output(self.format).download(self._file(self.format), report=view.moved)]
        meshes = [output for output in job.outputs if _format(output.role) is not None]
        return [output.download(self._file(output.role), report=view.moved) for output in meshes]

    def _file(self, role: str) -> Path:
        kind, level, number = role.partition("_lod")
        return self.stem.with_name(f"{self.stem.name}{level}{number}{_ENDINGS[MeshFormat(kind)]}")


def mesh_place(output: str | None, name: str) -> MeshPlace:
    """Where `-o` points; without it an unused name. Raises InvalidArgumentError."""
    if output is None:
        return MeshPlace(Path(unused(name, _FORMATS)))
    path = Path(output)
    if names_folder(output):
        return MeshPlace(path / name)
    if not path.suffix:
        return MeshPlace(path)
    if path.suffix.lower() == ".obj":
        raise invalid("--output", f"OBJ comes in a ZIP file with its textures: {path.with_suffix('.zip').name}")
    if path.suffix.lower() not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise invalid("--output", f"must end in {known}, name a folder, or have no suffix; got {path.name!r}")
    return MeshPlace(path.with_suffix(""), _FORMATS[path.suffix.lower()])


def _format(role: str) -> MeshFormat | None:
    kind = role.partition("_lod")[0]
    return MeshFormat(kind) if kind in list(MeshFormat) else None
