"""UsdPreviewSurface materials as ours, with textures from inside the package alone."""

import posixpath

from pxr import Sdf, Usd, UsdShade

from kinoform.media.errors import MediaUnsupported
from kinoform.media.mesh.archive import Archive, is_inside
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material, Picture
from kinoform.media.mesh.readers.texture import orm_of, picture


class UsdMaterials:
    """Reads each material and each picture once."""

    def __init__(self, archive: Archive | None, folder: str, limits: MeshLimits) -> None:
        """folder: where the layer is in its package."""
        self._archive = archive
        self._folder = folder
        self._limits = limits
        self._read: dict[Sdf.Path, Material | None] = {}
        self._pictures: dict[str, Picture] = {}

    def bound_to(self, prim: Usd.Prim) -> Material | None:
        """None for one without a base colour texture. Raises MediaUnsupported for textures outside the package."""
        bound, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        if not bound:
            return None
        if bound.GetPath() not in self._read:
            self._read[bound.GetPath()] = self._material(bound)
        return self._read[bound.GetPath()]

    def _material(self, bound: UsdShade.Material) -> Material | None:
        surface, _, _ = bound.ComputeSurfaceSource()
        if not surface or surface.GetIdAttr().Get() != "UsdPreviewSurface":
            return None
        base = self._picture(surface, "diffuseColor")
        if base is None:
            return None
        maps = [self._channel(surface, name) for name in ("occlusion", "roughness", "metallic")]
        return Material(
            name=safe_name(bound.GetPrim().GetName(), "material"),
            base_colour=base,
            normal=self._picture(surface, "normal"),
            orm=orm_of(*maps),
        )

    def _channel(self, surface: UsdShade.Shader, name: str) -> Picture | None:
        """A picture whose three channels are the one that the input is connected to."""
        found = self._picture(surface, name)
        if found is None:
            return None
        output = surface.GetInput(name).GetConnectedSources()[0][0].sourceName
        channel = "rgb".find(output) if len(output) == 1 else 0
        return found[..., [max(channel, 0)] * 3]

    def _picture(self, surface: UsdShade.Shader, name: str) -> Picture | None:
        connected = surface.GetInput(name)
        sources = connected.GetConnectedSources()[0] if connected else []
        if not sources:
            return None
        texture = UsdShade.Shader(sources[0].source.GetPrim())
        if not texture or texture.GetIdAttr().Get() != "UsdUVTexture" or not texture.GetInput("file"):
            return None
        asset = texture.GetInput("file").Get()
        return None if asset is None else self._packaged(asset.path)

    def _packaged(self, path: str) -> Picture | None:
        """None for a texture that is not in the package."""
        if not is_inside(path):
            raise MediaUnsupported(f"refers to a file outside the package, {path[:80]!r}")
        inside = posixpath.normpath(posixpath.join(self._folder, path))
        if self._archive is None or inside not in self._archive.names:
            return None
        if inside not in self._pictures:
            self._pictures[inside] = picture(self._archive.read(inside), self._limits)
        return self._pictures[inside]
