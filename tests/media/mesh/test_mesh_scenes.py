"""Scenes as other programs write them come out flat, in metres, Y up."""

import struct

import numpy as np
import pytest

from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Mesh
from kinoform.media.mesh.readers.any import read_part
from kinoform.media.png import png_bytes
from tests.media.mesh.assets import coloured, corners, cube, plain, textured, triangle
from tests.media.mesh.files import Document, changed_glb, changed_threemf, zipped

LIMITS = MeshLimits()


def mesh_of(data: bytes) -> Mesh:
    return read_part(data, LIMITS)[1].mesh


def places(mesh: Mesh) -> list[list[float]]:
    """Of all corners, in the order of the triangles."""
    return np.round(corners(mesh).astype(np.float64), 5).reshape(-1, 3).tolist()


def test_nodes_move_turn_and_scale_what_hangs_from_them() -> None:
    def change(gltf: Document) -> None:
        quarter_about_x = [np.sqrt(0.5), 0, 0, np.sqrt(0.5)]
        gltf["nodes"] = [
            {"children": [1], "translation": [0, 0, 5]},
            {"mesh": 0, "rotation": quarter_about_x, "scale": [2, 2, 2]},
        ]

    moved = mesh_of(changed_glb(plain(triangle()), change))
    assert places(moved) == [[0, 0, 5], [0.6, 0, 5], [0, -0.2, 6.4]]
    turned = triangle().normals[0] @ np.array([(1, 0, 0), (0, 0, 1), (0, -1, 0)])
    np.testing.assert_allclose(moved.normals, np.stack([turned] * 3), atol=1e-6)


def test_a_mirrored_mesh_still_faces_outwards() -> None:
    mirrored = mesh_of(changed_glb(plain(cube()), lambda gltf: gltf["nodes"][0].update(scale=[-1, 1, 1])))
    a, b, c = corners(mirrored).transpose(1, 0, 2)
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0).all()
    assert (np.einsum("ij,ij->i", mirrored.normals, mirrored.positions) > 0).all()


def test_a_mesh_placed_twice_comes_twice() -> None:
    def change(gltf: Document) -> None:
        gltf["nodes"] = [{"mesh": 0}, {"mesh": 0, "translation": [2, 0, 0]}]
        gltf["scenes"] = [{"nodes": [0, 1]}]

    twice = mesh_of(changed_glb(plain(cube()), change))
    assert len(twice.triangles) == 24
    assert np.ptp(twice.positions, axis=0).tolist() == [3, 1, 1]


def test_normals_that_are_missing_are_made() -> None:
    made = mesh_of(
        changed_glb(plain(cube()), lambda gltf: gltf["meshes"][0]["primitives"][0]["attributes"].pop("NORMAL"))
    )
    np.testing.assert_allclose(made.normals, cube().normals, atol=1e-6)


def test_a_base_colour_factor_is_in_the_texture() -> None:
    def change(gltf: Document) -> None:
        gltf["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] = [1, 0, 1, 1]

    part = read_part(changed_glb(textured(cube()), change), LIMITS)[1]
    assert part.material is not None
    assert (part.material.base_colour[..., 1] == 0).all()
    assert part.material.base_colour[..., 0].max() > 200


def test_an_obj_with_polygons_and_negative_indices_is_read() -> None:
    text = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf -4 -3 -2 -1\n"
    assert places(mesh_of(text)) == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]]


def test_an_obj_of_several_materials_has_their_colours_at_its_vertices() -> None:
    picture = {colour: _png(colour) for colour in ((255, 0, 0), (0, 0, 255))}
    obj = b"mtllib m.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl a\nf 1/1 2/1 3/1\nusemtl b\nf 3/1 2/1 1/1\n"
    mtl = b"newmtl a\nmap_Kd a.png\nnewmtl b\nmap_Kd -bm 1 b.png\n"
    members = {"m.obj": obj, "m.mtl": mtl, "a.png": picture[255, 0, 0], "b.png": picture[0, 0, 255]}
    part = read_part(zipped(members), LIMITS)[1]
    assert part.material is None
    assert part.mesh.colours[part.mesh.triangles].tolist() == [[[255, 0, 0]] * 3, [[0, 0, 255]] * 3]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_ply_with_polygons_of_several_sizes_is_read(order: str) -> None:
    name = "little" if order == "<" else "big"
    header = f"ply\nformat binary_{name}_endian 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
    header += "property float z\nelement face 2\nproperty uchar flags\n"
    header += "property list uchar int vertex_index\nend_header\n"
    body = struct.pack(f"{order}12f", 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0)
    body += struct.pack(f"{order}BB4i", 7, 4, 0, 1, 2, 3) + struct.pack(f"{order}BB3i", 7, 3, 2, 1, 0)
    assert len(mesh_of(header.encode() + body).triangles) == 3


def test_a_text_ply_is_read() -> None:
    header = "ply\r\nformat ascii 1.0\r\ncomment x\r\nelement vertex 3\r\nproperty float x\r\nproperty float y\r\n"
    header += "property float z\r\nproperty uchar red\r\nproperty uchar green\r\nproperty uchar blue\r\n"
    header += "element face 1\r\nproperty list uchar int vertex_indices\r\nend_header\r\n"
    mesh = mesh_of((header + "0 0 0 255 0 9\r\n1 0 0 255 0 9\r\n0 1 0 255 0 9\r\n3 0 1 2\r\n").encode())
    assert places(mesh) == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert mesh.colours.tolist() == [[255, 0, 9]] * 3


def test_a_text_stl_is_millimetres_with_z_up() -> None:
    text = (
        b"solid s\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1000 0 0\nvertex 0 0 2e3\nendloop\nendfacet\n"
    )
    assert places(mesh_of(text)) == [[0, 0, 0], [1, 0, 0], [0, 2, 0]]


def test_a_usd_stage_of_centimetres_with_z_up_is_turned_and_scaled() -> None:
    text = b"""#usda 1.0
(
    upAxis = "Z"
    metersPerUnit = 0.01
)
def Xform "a" {
    double3 xformOp:translate = (0, 0, 100)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "m" {
        point3f[] points = [(0, 0, 0), (100, 0, 0), (100, 200, 0), (0, 200, 0)]
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0, 1, 2, 3]
        texCoord2f[] primvars:st = [(0, 0), (1, 0), (1, 1), (0, 1)] (interpolation = "faceVarying")
        color3f[] primvars:displayColor = [(1, 0, 0)]
    }
    def Mesh "hidden" {
        token visibility = "invisible"
        point3f[] points = [(0, 0, 0), (1, 0, 0), (1, 1, 0)]
        int[] faceVertexCounts = [3]
        int[] faceVertexIndices = [0, 1, 2]
    }
}
"""
    mesh = mesh_of(text)
    assert places(mesh) == [[0, 1, 0], [1, 1, 0], [1, 1, -2], [0, 1, 0], [1, 1, -2], [0, 1, -2]]
    assert mesh.uvs[mesh.triangles[1]].tolist() == [[0, 0], [1, 1], [0, 1]]
    assert (mesh.colours == (255, 0, 0)).all()
    np.testing.assert_allclose(mesh.normals, [[0, 1, 0]] * 4, atol=1e-6)


def test_a_3mf_build_places_and_scales_its_objects() -> None:
    placed = 'objectid="1" transform="0 1 0 -1 0 0 0 0 1 0 0 1000"'
    mesh = mesh_of(changed_threemf(coloured(triangle()), 'objectid="1"', placed))
    # In millimetres, Z up: a quarter turn about Z, and up by a metre.
    assert sorted(places(mesh)) == sorted([[0, 1, 0], [0, 1, -0.3], [0.1, 1.7, 0]])


def _png(colour: tuple[int, int, int]) -> bytes:
    return png_bytes(np.full((2, 2, 3), colour, np.uint8))
