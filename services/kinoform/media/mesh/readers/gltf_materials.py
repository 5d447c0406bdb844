"""glTF's materials (glTF 2.0, section 3.9) as ours: factors are multiplied into the textures."""

import numpy as np

from kinoform.media.mesh import plain
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.colour import linear_from_srgb, srgb_from_linear
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material, Picture
from kinoform.media.mesh.readers.gltf_data import GltfData, data_uri
from kinoform.media.mesh.readers.json_node import Node, entry
from kinoform.media.mesh.readers.texture import orm_of, picture

_WHITE = (1.0, 1.0, 1.0, 1.0)


class GltfMaterials:
    """Reads each material and each picture once."""

    def __init__(self, document: Node, data: GltfData, limits: MeshLimits) -> None:
        self._data = data
        self._limits = limits
        self._materials = document.nodes("materials", limits.max_nodes)
        self._textures = document.nodes("textures", limits.max_nodes)
        self._images = document.nodes("images", limits.max_nodes)
        self._pictures: dict[int, Picture] = {}
        self._read: dict[int, Material | None] = {}

    def material(self, index: int) -> Material | None:
        """None for one without a base colour texture."""
        if index not in self._read:
            self._read[index] = self._material(entry(self._materials, index, "material"))
        return self._read[index]

    def factor(self, index: int) -> tuple[float, float, float]:
        """The base colour factor, linear."""
        surface = entry(self._materials, index, "material").node("pbrMetallicRoughness")
        red, green, blue, _ = surface.numbers("baseColorFactor", _WHITE)
        return red, green, blue

    def texture_coordinates(self, index: int) -> int:
        """Which set of UVs the base colour has."""
        surface = entry(self._materials, index, "material").node("pbrMetallicRoughness")
        return surface.node("baseColorTexture").integer("texCoord", 0)

    def _material(self, node: Node) -> Material | None:
        surface = node.node("pbrMetallicRoughness")
        base = self._picture(surface, "baseColorTexture")
        if base is None:
            return None
        factor = surface.numbers("baseColorFactor", _WHITE)[:3]
        if factor != [1, 1, 1]:
            base = srgb_from_linear(linear_from_srgb(base) * factor)
        return Material(
            name=safe_name(node.text("name"), "material"),
            base_colour=base,
            normal=self._picture(node, "normalTexture"),
            orm=self._orm(node, surface),
        )

    def _orm(self, node: Node, surface: Node) -> Picture | None:
        roughness, metallic = surface.number("roughnessFactor", 1), surface.number("metallicFactor", 1)
        occlusion = self._picture(node, "occlusionTexture")
        rough_metal = self._picture(surface, "metallicRoughnessTexture")
        if rough_metal is None:
            if occlusion is None and (roughness, metallic) == (plain.ROUGHNESS, plain.METALLIC):
                return None
            rough_metal = np.full((1, 1, 3), 255, np.uint8)
        scaled = np.clip(rough_metal * np.array([1, roughness, metallic]), 0, 255)
        rough_metal = np.rint(scaled).astype(np.uint8)
        return orm_of(occlusion, rough_metal, rough_metal)

    def _picture(self, owner: Node, key: str) -> Picture | None:
        if key not in owner:
            return None
        texture = entry(self._textures, owner.node(key).integer("index"), "texture")
        if "source" not in texture:  # an extension's kind of picture
            return None
        index = texture.integer("source")
        if index not in self._pictures:
            self._pictures[index] = picture(self._image_bytes(entry(self._images, index, "image")), self._limits)
        return self._pictures[index]

    def _image_bytes(self, image: Node) -> bytes:
        if "uri" in image:
            return data_uri(image.text("uri"))
        return bytes(self._data.view(image.integer("bufferView")))
