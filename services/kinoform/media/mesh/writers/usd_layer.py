"""USD layers and packages. Runs in a worker: the library ends its process where others raise."""

import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pxr import Gf, Kind, Sdf, Tf, Usd, UsdGeom, UsdShade, Vt

from kinoform.media.mesh import plain
from kinoform.media.mesh.colour import linear_from_srgb, sampled
from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.mesh.writers.stored_zip import stored_zip
from kinoform.media.png import png_bytes

_ALIGNMENT = 64
"""Of each file in a USDZ package, so that it can be mapped into memory."""
_TEXTURES: Final = "textures"


def usdz_bytes(name: str, part: Part) -> bytes:
    """The layer first, as the specification asks, then its textures."""
    members = {f"{name}.usdc": usdc_bytes(name, part, packaged=True)}
    if part.material is not None:
        for word, picture in _pictures(part.material).items():
            members[f"{_TEXTURES}/{word}.png"] = png_bytes(picture)
    return stored_zip(members, alignment=_ALIGNMENT)


def usdc_bytes(name: str, part: Part, *, packaged: bool) -> bytes:
    """A crate with one mesh. packaged: whether it finds textures beside it; else they become vertex colours."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, UsdGeom.LinearUnits.meters)
    root = UsdGeom.Xform.Define(stage, f"/{Tf.MakeValidIdentifier(name)}")
    Usd.ModelAPI(root).SetKind(Kind.Tokens.component)
    stage.SetDefaultPrim(root.GetPrim())
    mesh = _define_mesh(stage, root, part.mesh)
    shader = _PreviewSurface(stage, root)
    if part.material is not None and packaged:
        shader.texture(part.material)
    else:
        colours = _vertex_colours(part)
        if colours is not None:
            mesh.CreateDisplayColorPrimvar(UsdGeom.Tokens.vertex).Set(_vec3(linear_from_srgb(colours)))
        shader.plain(coloured=colours is not None)
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(shader.material)
    return _exported(stage)


def _exported(stage: Usd.Stage) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.usdc"
        stage.GetRootLayer().Export(str(path))
        return path.read_bytes()


def _define_mesh(stage: Usd.Stage, root: UsdGeom.Xform, mesh: Mesh) -> UsdGeom.Mesh:
    written = UsdGeom.Mesh.Define(stage, root.GetPath().AppendChild("mesh"))
    written.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    written.CreatePointsAttr(_vec3(mesh.positions))
    written.CreateExtentAttr(_vec3(np.stack([mesh.positions.min(axis=0), mesh.positions.max(axis=0)])))
    written.CreateFaceVertexCountsAttr(Vt.IntArray(len(mesh.triangles), 3))
    written.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(mesh.triangles.reshape(-1))))
    written.CreateNormalsAttr(_vec3(mesh.normals))
    written.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    if mesh.uvs is not None:
        st = UsdGeom.PrimvarsAPI(written).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
        st.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(mesh.uvs)))
    return written


def _vec3(rows: npt.NDArray[np.floating]) -> Vt.Vec3fArray:
    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(rows, np.float32))


def _vertex_colours(part: Part) -> npt.NDArray[np.uint8] | None:
    if part.material is not None and part.mesh.uvs is not None:
        return sampled(part.material.base_colour, part.mesh.uvs)
    return part.mesh.colours


def _pictures(material: Material) -> dict[str, npt.NDArray[np.uint8]]:
    pictures = {"base_colour": material.base_colour, "normal": material.normal, "orm": material.orm}
    return {word: picture for word, picture in pictures.items() if picture is not None}


class _PreviewSurface:
    """A UsdPreviewSurface as it grows (UsdPreviewSurface specification 2.6)."""

    def __init__(self, stage: Usd.Stage, root: UsdGeom.Xform) -> None:
        self._stage = stage
        self.material = UsdShade.Material.Define(stage, root.GetPath().AppendChild("material"))
        self._surface = self._shader("surface", "UsdPreviewSurface")
        out = self._surface.CreateOutput("surface", Sdf.ValueTypeNames.Token)
        self.material.CreateSurfaceOutput().ConnectToSource(out)

    def plain(self, *, coloured: bool) -> None:
        """White, or of the vertices' colours; neither shiny nor metal."""
        colour = self._surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
        if coloured:
            colour.ConnectToSource(self._primvar("displayColor", "float3", Sdf.ValueTypeNames.Float3))
        else:
            colour.Set(Gf.Vec3f(1, 1, 1))
        self._plain_surface()

    def texture(self, material: Material) -> None:
        """All maps that the material has."""
        st = self._primvar("st", "float2", Sdf.ValueTypeNames.Float2)
        base = self._map("base_colour", "sRGB", st)
        self._connect("diffuseColor", Sdf.ValueTypeNames.Color3f, base, "rgb")
        if material.orm is None:
            self._plain_surface()
        else:
            orm = self._map("orm", "raw", st)
            for name, channel in (("occlusion", "r"), ("roughness", "g"), ("metallic", "b")):
                self._connect(name, Sdf.ValueTypeNames.Float, orm, channel)
        if material.normal is not None:
            normal = self._map("normal", "raw", st)
            normal.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(2, 2, 2, 1))
            normal.CreateInput("bias", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(-1, -1, -1, 0))
            self._connect("normal", Sdf.ValueTypeNames.Normal3f, normal, "rgb")

    def _plain_surface(self) -> None:
        self._surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(plain.ROUGHNESS)
        self._surface.CreateInput("metallic", Sdf.ValueTypeNames.Float).Set(plain.METALLIC)

    def _shader(self, name: str, identifier: str) -> UsdShade.Shader:
        shader = UsdShade.Shader.Define(self._stage, self.material.GetPath().AppendChild(name))
        shader.CreateIdAttr(identifier)
        return shader

    def _primvar(self, name: str, kind: str, result: Sdf.ValueTypeName) -> UsdShade.Output:
        reader = self._shader(f"read_{name}", f"UsdPrimvarReader_{kind}")
        reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set(name)
        return reader.CreateOutput("result", result)

    def _map(self, word: str, colour_space: str, st: UsdShade.Output) -> UsdShade.Shader:
        texture = self._shader(word, "UsdUVTexture")
        texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(Sdf.AssetPath(f"{_TEXTURES}/{word}.png"))
        texture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set(colour_space)
        texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(st)
        for wrap in ("wrapS", "wrapT"):
            texture.CreateInput(wrap, Sdf.ValueTypeNames.Token).Set("repeat")
        return texture

    def _connect(self, name: str, kind: Sdf.ValueTypeName, texture: UsdShade.Shader, channel: str) -> None:
        output_kind = Sdf.ValueTypeNames.Float3 if channel == "rgb" else Sdf.ValueTypeNames.Float
        output = texture.CreateOutput(channel, output_kind)
        self._surface.CreateInput(name, kind).ConnectToSource(output)
