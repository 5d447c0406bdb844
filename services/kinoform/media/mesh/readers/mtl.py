"""MTL libraries beside an OBJ file, inside its archive and nowhere else."""

import posixpath

import numpy as np

from kinoform.media.errors import MediaUnsupported
from kinoform.media.mesh.archive import Archive, is_inside
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material, Picture
from kinoform.media.mesh.readers.texture import orm_of, picture

_MAPS = ("map_Kd", "norm", "map_Pr", "map_Pm")


class Library:
    """Materials by name; those alone that have a base colour texture in the archive."""

    def __init__(self, archive: Archive | None, libraries: list[str], folder: str, limits: MeshLimits) -> None:
        """folder: where the OBJ file is in the archive. Raises MediaUnsupported for a path that leaves the archive."""
        self.materials: dict[str, Material] = {}
        self._archive = archive
        self._limits = limits
        self._pictures: dict[str, Picture] = {}
        for library in libraries:
            path = _inside(folder, library)
            if archive is not None and path in archive.names:
                text = archive.read(path).decode("utf-8", "replace")
                self._read(text, posixpath.dirname(path))

    def _read(self, text: str, folder: str) -> None:
        name, maps = "", dict[str, str]()
        for line in [*text.splitlines(), "newmtl"]:
            key, _, rest = line.strip().partition(" ")
            if key == "newmtl":
                self._add(name, maps)
                name, maps = rest.strip(), {}
            elif key in _MAPS:
                # Options, such as -bm 1, stand in front of the file's name.
                maps[key] = _inside(folder, rest.strip().rpartition(" ")[2] if rest.startswith("-") else rest.strip())

    def _add(self, name: str, maps: dict[str, str]) -> None:
        base = self._picture(maps, "map_Kd")
        if base is None:
            return
        roughness, metallic = self._picture(maps, "map_Pr"), self._picture(maps, "map_Pm")
        if roughness is not None and metallic is None:
            metallic = np.zeros((1, 1, 3), np.uint8)
        self.materials[name] = Material(
            name=safe_name(name, "material"),
            base_colour=base,
            normal=self._picture(maps, "norm"),
            orm=orm_of(None, roughness, metallic),
        )

    def _picture(self, maps: dict[str, str], key: str) -> Picture | None:
        """None for a texture that is not in the archive."""
        path = maps.get(key)
        if path is None or self._archive is None or path not in self._archive.names:
            return None
        if path not in self._pictures:
            self._pictures[path] = picture(self._archive.read(path), self._limits)
        return self._pictures[path]


def _inside(folder: str, name: str) -> str:
    if not is_inside(name):
        raise MediaUnsupported(f"refers to a file outside the archive, {name[:80]!r}")
    return posixpath.normpath(posixpath.join(folder, name))
