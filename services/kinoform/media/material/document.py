"""A material as a MaterialX 1.39 document: OpenPBR, its textures tiled by the surface's UVs."""

import MaterialX

from kinoform.media.material.maps import MaterialMaps

_SRGB = "srgb_texture"


def materialx_document(name: str, maps: MaterialMaps, files: dict[str, str]) -> str:
    """The XML text. name: an identifier. files: relative file names of `base_colour`, `roughness`, `metallic`,
    `normal` and `height`.

    One UV unit shows one tile; its true size is said by `realworldimagesize`, and heights are in metres.
    """
    document = MaterialX.createDocument()
    graph = document.addNodeGraph(f"NG_{name}")
    shader = document.addNode("open_pbr_surface", f"SR_{name}", "surfaceshader")
    for map_name, input_name, kind in (
        ("base_colour", "base_color", "color3"),
        ("roughness", "specular_roughness", "float"),
        ("metallic", "base_metalness", "float"),
    ):
        image = _image(graph, map_name, files[map_name], kind, maps.size_m)
        _connect(graph, shader, input_name, image, map_name)
    image = _image(graph, "normal", files["normal"], "vector3", maps.size_m)
    normal = graph.addNode("normalmap", "normalmap", "vector3")
    normal.addInput("in", "vector3").setNodeName(image.getName())
    _connect(graph, shader, "geometry_normal", normal, "normal")

    displacement = document.addNode("displacement", f"DS_{name}", "displacementshader")
    image = _image(graph, "height", files["height"], "float", maps.size_m)
    _connect(graph, displacement, "displacement", image, "height")
    displacement.setInputValue("scale", maps.height_m)

    material = document.addNode("surfacematerial", name, "material")
    material.addInput("surfaceshader", "surfaceshader").setNodeName(shader.getName())
    material.addInput("displacementshader", "displacementshader").setNodeName(displacement.getName())
    text: str = MaterialX.writeToXmlString(document)
    return text


def _image(graph: MaterialX.NodeGraph, name: str, file: str, kind: str, size_m: float) -> MaterialX.Node:
    image = graph.addNode("tiledimage", f"{name}_image", kind)
    source = image.addInput("file", "filename")
    source.setValueString(file)
    if name == "base_colour":
        source.setColorSpace(_SRGB)
    for size in ("realworldimagesize", "realworldtilesize"):
        image.setInputValue(size, MaterialX.Vector2(size_m, size_m))
        image.getInput(size).setUnitType("distance")
        image.getInput(size).setUnit("meter")
    return image


def _connect(
    graph: MaterialX.NodeGraph, node: MaterialX.Node, input_name: str, source: MaterialX.Node, output_name: str
) -> None:
    output = graph.addOutput(f"{output_name}_out", source.getType())
    output.setNodeName(source.getName())
    target = node.addInput(input_name, source.getType())
    target.setNodeGraphString(graph.getName())
    target.setOutputString(output.getName())
