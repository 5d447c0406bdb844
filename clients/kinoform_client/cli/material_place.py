"""Where a material is saved."""

import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kinoform_client.archive import MATERIAL, unpack
from kinoform_client.cli.places import unused
from kinoform_client.cli.progress import JobView
from kinoform_client.errors import invalid
from kinoform_client.sync.handles import JobHandle

_LOOKS = ("poster", "swatch", "glb")
"""Roles of what a material comes with."""


@dataclass(frozen=True, slots=True)
class MaterialPlace:
    """A folder for the maps, the MaterialX document and the previews; or a ZIP file of the material alone."""

    path: Path
    folder: bool = True

    def save(self, job: JobHandle, view: JobView) -> list[Path]:
        """Downloads the material, unpacked or as it is."""
        material = job.output("material")
        if not self.folder:
            return [material.download(self.path, report=view.moved)]
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.path, prefix=".kinoform-") as scratch:
            archive = material.download(Path(scratch) / "material.zip", report=view.moved)
            files = unpack(archive, MATERIAL, self.path)
        # The archive holds the looks, too, as it is written today.
        there = {sha256(file.read_bytes()).hexdigest() for file in files}
        looks = [each for each in job.outputs if each.role in _LOOKS and each.record.sha256 not in there]
        return files + [look.download(self.path, report=view.moved) for look in looks]


def material_place(output: str | None, name: str) -> MaterialPlace:
    """Where `-o` points; without it a folder with an unused name. Raises InvalidArgumentError."""
    if output is None:
        return MaterialPlace(Path(unused(name, [""])))
    path = Path(output)
    if path.suffix.lower() == ".zip" and not path.is_dir():
        return MaterialPlace(path, folder=False)
    if path.exists() and not path.is_dir():
        raise invalid("--output", f"{path} is a file; a material needs a folder, or a name that ends in .zip")
    return MaterialPlace(path)
