"""What an MTL file says of surfaces: colour, roughness, metallic."""

import io
import math
import posixpath
import re
import zipfile
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]

TEXTURE = 256
"""Longest side of a texture as it is kept: finer detail is lost in a solid anyway."""
METAL = re.compile(r"metal|chrom|alumin|steel|inox|brass|copper|acero|brushed|iron(?!ing)|silver|laiton", re.I)
ROUGH = re.compile(r"wood|fabric|cloth|carpet|leaf|leaves|bois|tissu|madera|tela|rug|stone|grass|bark", re.I)
BLENDER = 0.64
"""Kd of Blender's default material, whose colour is 0.8 and whose diffuse intensity, too: it is shown almost white."""
METALLIC = 0.3, 1.0
"""Roughness, metallic of what a metal's word names."""
ROUGHEST, SMOOTHEST = 0.9, 0.15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """A surface. Numbers in [0, 1]."""

    colour: tuple[float, float, float] = (0.8, 0.8, 0.8)
    """sRGB: what viewers of MTL show Kd as."""
    roughness: float = 0.6
    metallic: float = 0.0
    opacity: float = 1.0
    texture: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    """(h, w, 4) RGBA, row 0 the top."""

    def at(self, uvs: Floats) -> Floats:
        """(n, 6) at UVs (n, 2), origin bottom-left, repeating: colour, roughness, metallic, opacity."""
        looks = np.empty((len(uvs), 6), np.float32)
        looks[:] = (*self.colour, self.roughness, self.metallic, self.opacity)
        if self.texture is not None:
            height, width, _ = self.texture.shape
            wrapped = uvs - np.floor(uvs)
            column = np.minimum((wrapped[:, 0] * width).astype(np.intp), width - 1)
            row = np.minimum(((1 - wrapped[:, 1]) * height).astype(np.intp), height - 1)
            texels = self.texture[row, column].astype(np.float32) / 255
            looks[:, :3] = texels[:, :3]
            looks[:, 5] *= texels[:, 3]
        return looks


def read_materials(archive: zipfile.ZipFile, path: str) -> dict[str, Material]:
    """The materials of an MTL file in an archive by name; none where the file is missing."""
    if path not in archive.namelist():
        return {}
    blocks: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in archive.read(path).decode("utf-8", "replace").splitlines():
        key, _, rest = line.strip().partition(" ")
        if key == "newmtl":
            current = blocks.setdefault(rest.strip(), {})
        elif key:
            current[key] = rest.strip()
    return {name: _material(archive, posixpath.dirname(path), name, lines) for name, lines in blocks.items()}


def _material(archive: zipfile.ZipFile, folder: str, name: str, lines: dict[str, str]) -> Material:
    red, green, blue = _numbers(lines.get("Kd", ""), (0.8, 0.8, 0.8))
    texture = _texture(archive, posixpath.normpath(posixpath.join(folder, lines.get("map_Kd", ""))))
    roughness, metallic = finish(name, lines)
    opacity = _numbers(lines.get("d", ""), (1.0,))[0]
    if max(abs(channel - BLENDER) for channel in (red, green, blue)) < 0.005:
        red = green = blue = 0.8
    return Material(colour=(red, green, blue), roughness=roughness, metallic=metallic, opacity=opacity, texture=texture)


def finish(name: str, lines: dict[str, str]) -> tuple[float, float]:
    """Roughness and metallic of a material: by a word in its name, else by its shininess.

    Ns, the exponent of Blinn and Phong, has the lobe of roughness (2 / (Ns + 2))^(1/4) (Karis 2013); what has a dim
    highlight (Ks) is taken for rougher, since exporters write the same Ns everywhere."""
    if METAL.search(name):
        return METALLIC
    if ROUGH.search(name):
        return 0.8, 0.0
    exponent = max(_numbers(lines.get("Ns", ""), (10.0,))[0], 0.0)
    strength = min(max(_numbers(lines.get("Ks", ""), (0.0, 0.0, 0.0))), 1.0)
    glossy = math.pow(2 / (exponent + 2), 0.25)
    return min(max(ROUGHEST + (glossy - ROUGHEST) * strength, SMOOTHEST), ROUGHEST), 0.0


def _numbers(text: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """As many numbers in [0, 1] or above as the default has; the default where they are missing or no numbers."""
    try:
        numbers = tuple(float(word) for word in text.split()[: len(default)])
    except ValueError:
        return default
    return numbers if len(numbers) == len(default) and all(map(math.isfinite, numbers)) else default


def _texture(archive: zipfile.ZipFile, path: str) -> npt.NDArray[np.uint8] | None:
    """None where the archive has none."""
    if path not in archive.namelist():
        return None
    with Image.open(io.BytesIO(archive.read(path))) as image:
        image.draft("RGB", (TEXTURE, TEXTURE))
        small = image.convert("RGBA")
    small.thumbnail((TEXTURE, TEXTURE))
    return np.asarray(small, np.uint8).copy()
