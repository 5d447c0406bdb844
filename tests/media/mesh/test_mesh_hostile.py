"""Files made to harm are refused by their kind of error, before they cost anything."""

import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import ftfy.bad_codecs  # noqa: F401  as the services have it: it has a say in what encodings are called
import numpy as np
import pytest

from kinoform.media.errors import MediaCorrupt, MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.any import read_part
from kinoform.media.mesh.writers.glb import glb_bytes
from kinoform.media.mesh.writers.ply import ply_bytes
from kinoform.media.mesh.writers.stl import stl_bytes
from tests.media.mesh.assets import cube, plain, textured, triangle
from tests.media.mesh.files import Document, changed_glb, changed_threemf, glb, threemf, zipped

LIMITS = MeshLimits()
SMALL = MeshLimits(max_inflated_bytes=1 << 20, max_members=8)
TETRAHEDRON = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
USD_MESH = 'def Mesh "m" { point3f[] points = [(0,0,0), (1,0,0), (0,1,0)]\nint[] faceVertexCounts = [%s]\n'
USD_MESH += "int[] faceVertexIndices = [%s]\n}"
NOT_FINITE = replace(triangle(), positions=np.array([(0, 0, 0), (np.nan, 0, 0), (0, np.inf, 0)], np.float32))
NOTHING = replace(triangle(), triangles=np.zeros((0, 3), np.int32))
MANY = 10_000_000
PEAK_BYTES = 32 << 20


def refused(data: bytes, kind: type[MediaError], reason: str | None, limits: MeshLimits = LIMITS) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(kind, match=reason):
            read_part(data, limits)
        assert tracemalloc.get_traced_memory()[1] < PEAK_BYTES
    finally:
        tracemalloc.stop()


def usda(text: str) -> bytes:
    return f"#usda 1.0\n{text}\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        glb_bytes("toy", plain(NOT_FINITE).lods[0]),
        ply_bytes(NOT_FINITE),
        stl_bytes(triangle())[:-38] + struct.pack("<f", np.nan) + bytes(34),
        TETRAHEDRON.replace("1", "inf", 1).encode(),
        TETRAHEDRON.replace("1", "1e999", 1).encode(),
        changed_threemf(plain(triangle()), 'x="300"', 'x="nan"'),
        usda(USD_MESH.replace("1,0,0", "inf,0,0") % ("3", "0, 1, 2")),
    ],
    ids=["glb", "ply", "stl", "obj", "obj too large", "3mf", "usd"],
)
def test_numbers_that_are_not_finite_are_refused(data: bytes) -> None:
    refused(data, MediaCorrupt, "not finite")


@pytest.mark.parametrize(
    "data",
    [
        glb({"asset": {"version": "2.0"}}, b""),
        glb({"meshes": [{"primitives": []}], "nodes": [{"mesh": 0}]}, b""),
        ply_bytes(NOTHING),
        stl_bytes(NOTHING),
        b"solid nothing\nendsolid nothing\n",
        b"v 0 0 0\nv 1 0 0\n",
        threemf("<resources></resources><build></build>"),
        usda('def Xform "nothing" {}'),
        usda(USD_MESH % ("", "")),
        usda(USD_MESH % ("2", "0, 1")),
    ],
)
def test_meshes_without_triangles_are_refused(data: bytes) -> None:
    refused(data, MediaCorrupt, "without triangles")


@pytest.mark.parametrize(
    "data",
    [
        glb_bytes("toy", plain(triangle()).lods[0])[:20],
        ply_bytes(cube()).replace(b"face 12\n", b"face 13\n"),
        ply_bytes(cube()).replace(b"vertex 24\n", b"vertex 99\n"),
        b"ply\nformat ascii 1.0\nelement vertex 9\nproperty float x\nend_header\n1 2 three",
        b"ply\nformat ascii 1.0\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n-3 0 1 2",
        b"solid s\nfacet\nvertex 1 2 x\n",
        b"v 0 0 0\nf 1 1 2/3/4/5\n",
        b"v 0 0 0\nf 0 1 1\n",
        b"PXR-USDC" + bytes(100),
        b"#usda 1.0\ndef Mesh {{{",
        b"PK\x03\x04" + bytes(50),
    ],
)
def test_truncated_and_damaged_files_are_refused(data: bytes) -> None:
    refused(data, MediaCorrupt, None)


def _cut_vertices(gltf: Document) -> None:
    gltf["accessors"][0]["count"] = gltf["accessors"][1]["count"] = 3


@pytest.mark.parametrize(
    "data",
    [
        changed_glb(plain(cube()), _cut_vertices),
        ply_bytes(replace(cube(), triangles=np.array([(0, 1, 24)], np.int32))),
        ply_bytes(replace(cube(), triangles=np.array([(0, 1, -1)], np.int32))),
        TETRAHEDRON.replace("f 2 3 4", "f 2 3 5").encode(),
        TETRAHEDRON.replace("f 2 3 4", "f 2 3 -5").encode(),
        changed_threemf(plain(triangle()), 'v1="0"', 'v1="3"'),
        changed_threemf(plain(triangle()), 'v1="0"', 'v1="-1"'),
        usda(USD_MESH % ("3", "0, 1, 3")),
        usda(USD_MESH % ("3", "0, 1, -2")),
    ],
)
def test_indices_out_of_range_are_refused(data: bytes) -> None:
    refused(data, MediaCorrupt, "outside 0…|names row")


def _component(number: int, of: int) -> str:
    return (
        f'<object id="{number}"><components>{2 * f"<component objectid={chr(39)}{of}{chr(39)}/>"}</components></object>'
    )


DOUBLED_64_TIMES = changed_threemf(
    plain(triangle()), "</object>", "</object>" + "".join(_component(n + 2, of=n + 1) for n in range(64))
)


def _place_often(gltf: Document) -> None:
    gltf["nodes"] = [{"mesh": 0}] * 2_000
    gltf["scenes"] = [{"nodes": [*range(2_000)]}]
    gltf["meshes"][0]["primitives"] *= 100


@pytest.mark.parametrize(
    "data",
    [
        ply_bytes(cube()).replace(b"face 12", b"face %d" % MANY),
        ply_bytes(cube()).replace(b"vertex 24", b"vertex %d" % MANY),
        changed_glb(plain(cube()), lambda gltf: gltf["accessors"][2].update(count=3 * MANY)),
        changed_glb(plain(cube()), lambda gltf: gltf["accessors"][0].update(count=MANY)),
        changed_glb(plain(cube()), _place_often),
        DOUBLED_64_TIMES,
        usda(USD_MESH % (str(MANY), "0, 1, 2")),
    ],
)
def test_millions_of_declared_triangles_are_refused_before_they_take_memory(data: bytes) -> None:
    refused(data, MediaTooLarge, "are allowed")


def test_what_is_too_long_is_refused_unread() -> None:
    with pytest.raises(MediaTooLarge, match="1024 bytes; at most 1000"):
        probe_mesh(bytes(1024), MeshLimits(max_bytes=1000))


ZIP_BOMB = zipped({"layer.usda": bytes(48 << 20)})


def _lying_size(data: bytes) -> bytes:
    """The bomb, with small sizes in its directory."""
    entry = data.rfind(b"PK\x01\x02")
    return data[: entry + 24] + struct.pack("<I", 1000) + data[entry + 28 :]


def _encrypted(data: bytes) -> bytes:
    entry = data.rfind(b"PK\x01\x02")
    return data[: entry + 8] + b"\x01" + data[entry + 9 :]


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (ZIP_BOMB, MediaTooLarge, "50331648 bytes when inflated"),
        (_lying_size(ZIP_BOMB), MediaCorrupt, "damaged"),
        (zipped({f"{n}.obj": b"" for n in range(9)}), MediaTooLarge, "9 files"),
        (zipped({"a.usda": ZIP_BOMB}), MediaUnsupported, "a zip file in a zip file"),
        (zipped({"../a.obj": b""}), MediaUnsupported, "leaves it"),
        (zipped({"/a.obj": b""}), MediaUnsupported, "leaves it"),
        (zipped({"a\\..\\b.obj": b""}), MediaUnsupported, "leaves it"),
        (_encrypted(zipped({"a.obj": b""})), MediaUnsupported, "encrypted"),
        (zipped({"a.txt": b""}), MediaUnsupported, "without a USD layer"),
        (zipped({"a.obj": b"v 0 0 0"})[:-30], MediaCorrupt, "without a directory"),
    ],
)
def test_zip_files_made_to_harm_are_refused(data: bytes, kind: type[MediaError], reason: str | None) -> None:
    refused(data, kind, reason, SMALL)


Change = Callable[[Document], object]


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        (lambda g: g["bufferViews"][0].update(byteLength=1 << 40), MediaCorrupt, "ends at byte"),
        (lambda g: g["bufferViews"][0].update(byteOffset=-4), MediaCorrupt, "no integer of at least 0"),
        (lambda g: g["bufferViews"][0].update(buffer=7), MediaCorrupt, "buffer 7 of 1"),
        (lambda g: g["accessors"][0].update(count=25), MediaCorrupt, "leaves its buffer view"),
        (lambda g: g["accessors"][0].update(byteOffset=4), MediaCorrupt, "leaves its buffer view"),
        (lambda g: g["bufferViews"][0].update(byteStride=1), MediaCorrupt, "leaves its buffer view"),
        (lambda g: g["accessors"][0].update(type="MAT4"), MediaCorrupt, "does not belong"),
        (lambda g: g["accessors"][0].update(componentType=5130), MediaCorrupt, "does not belong"),
        (lambda g: g["accessors"][1].update(count=5), MediaCorrupt, "5 rows of NORMAL for 24 vertices"),
        (lambda g: g["buffers"][0].update(byteLength=1 << 30), MediaCorrupt, "declares more than"),
        (lambda g: g["nodes"][0].update(mesh=1), MediaCorrupt, "mesh 1 of 1"),
        (lambda g: g["nodes"][0].update(children=[0]), MediaCorrupt, "from itself"),
        (lambda g: g["nodes"][0].update(scale=[1e300, 1e300, 1]), MediaCorrupt, "not finite"),
        (lambda g: g["nodes"][0].update(matrix=[1, 2]), MediaCorrupt, "2 numbers, not 16"),
        (lambda g: g.update(nodes={}), MediaCorrupt, "no array"),
        (lambda g: g.update(nodes=[7]), MediaCorrupt, "no object"),
        (lambda g: g["accessors"][0].update(sparse={}), MediaUnsupported, "sparse"),
        (
            lambda g: g["buffers"][0].update(uri="/etc/passwd"),
            MediaUnsupported,
            "refers to another file, '/etc/passwd'",
        ),
        (lambda g: g["buffers"][0].update(uri="http://a/b"), MediaUnsupported, "another file, 'http://a/b'"),
        (lambda g: g["images"][0].update(uri="file:///a.png"), MediaUnsupported, "refers to another file"),
        (lambda g: g["buffers"][0].update(uri="data:;base64,AAAA"), MediaCorrupt, "more than its 3 bytes"),
        (lambda g: g["buffers"][0].update(uri="data:;base64,A*AA"), MediaCorrupt, "damaged"),
        (lambda g: g["images"][0].update(bufferView=0), MediaUnsupported, "not a PNG"),
        (lambda g: g.update(extensionsUsed=["KHR_draco_mesh_compression"]), MediaUnsupported, "KHR_draco_mesh"),
        (lambda g: g.update(extensionsUsed=["EXT_meshopt_compression"]), MediaUnsupported, "EXT_meshopt"),
        (lambda g: g.update(extensionsRequired=["ACME_shape"]), MediaUnsupported, "ACME_shape"),
        (lambda g: g["meshes"][0]["primitives"][0].update(mode=5), MediaUnsupported, "strips"),
    ],
)
def test_a_glb_that_lies_or_refers_elsewhere_is_refused(
    change: Change, kind: type[MediaError], reason: str | None
) -> None:
    refused(changed_glb(textured(cube()), change), kind, reason)


@pytest.mark.parametrize(
    "data",
    [
        glb({}, b"")[:-4],
        glb({}, b"") + b"more",
        struct.pack("<4sIII4s", b"glTF", 2, 24, 1 << 31, b"JSON") + b"{}  ",
        struct.pack("<4sIII4s", b"glTF", 2, 24, 4, b"BIN\0") + b"{}  ",
        struct.pack("<4sIII4s", b"glTF", 2, 200_020, 200_000, b"JSON") + b"[" * 200_000,
    ],
)
def test_a_glb_with_lying_lengths_or_endless_json_is_refused(data: bytes) -> None:
    refused(data, MediaCorrupt, None)


def test_a_texture_of_too_many_pixels_is_refused() -> None:
    data = glb_bytes("toy", textured(cube()).lods[0])
    refused(data, MediaTooLarge, "512 pixels; at most 500", MeshLimits(max_texture_pixels=500))


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.mtl", "C:\\secret.mtl", "a/../../b.mtl"])
def test_an_obj_that_names_files_elsewhere_is_refused(path: str) -> None:
    refused(f"mtllib {path}\n{TETRAHEDRON}".encode(), MediaUnsupported, "outside the archive")
    material = f"newmtl m\nmap_Kd {path}\n".encode()
    data = zipped({"a.obj": f"mtllib a.mtl\n{TETRAHEDRON}".encode(), "a.mtl": material})
    refused(data, MediaUnsupported, "outside the archive")


@pytest.mark.parametrize(
    "text",
    [
        "(subLayers = [@/etc/passwd@])",
        'def "a" (references = @./b.usda@</a>) {}',
        'def "a" (payload = @http://a/b.usd@) {}',
        'def "a" (prepend variantSets = "v") {\nvariantSet "v" = {\n"x" (references = @b.usda@) {\n}\n}\n}',
        'def "a" (clips = {dictionary default = {asset[] assetPaths = [@b.usda@]}}) {}',
    ],
)
def test_a_usd_layer_that_refers_to_another_is_refused(text: str) -> None:
    refused(usda(text), MediaUnsupported, "refers to another|other files")


SHADERS = """
def Material "mat" {
    token outputs:surface.connect = </mat/s.outputs:surface>
    def Shader "s" {
        uniform token info:id = "UsdPreviewSurface"
        color3f inputs:diffuseColor.connect = </mat/t.outputs:rgb>
        token outputs:surface
    }
    def Shader "t" {
        uniform token info:id = "UsdUVTexture"
        asset inputs:file = @/etc/passwd@
        float3 outputs:rgb
    }
}"""


def test_a_usd_texture_outside_its_package_is_refused() -> None:
    binding = '(prepend apiSchemas = ["MaterialBindingAPI"]) {rel material:binding = </mat>\n'
    text = (USD_MESH % ("3", "0, 1, 2")).replace("{", binding, 1) + SHADERS
    refused(usda(text), MediaUnsupported, "outside the package, '/etc/passwd'")


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (threemf("</model>"), MediaCorrupt, "no XML"),
        (changed_threemf(plain(cube()), "<model", "<!DOCTYPE a [<!ENTITY b 'c'>]><model"), MediaUnsupported, "forbids"),
        (changed_threemf(plain(cube()), "<model", '<model requiredextensions="b"'), MediaUnsupported, "extension 'b'"),
        (changed_threemf(plain(cube()), "UTF-8", "UTG-8"), MediaCorrupt, None),
        (changed_threemf(plain(cube()), "millimeter", "parsec"), MediaCorrupt, "attribute"),
        (changed_threemf(plain(cube()), 'v1="0"', 'v9="0"'), MediaCorrupt, None),
        (changed_threemf(plain(cube()), 'objectid="1"', 'objectid="2"'), MediaCorrupt, "not there"),
        (changed_threemf(plain(cube()), 'objectid="1"', 'objectid="1" transform="1 2"'), MediaCorrupt, "attribute"),
        (
            threemf(
                '<resources><object id="1"><components><component objectid="1"/></components></object></resources>'
            ),
            MediaCorrupt,
            "comes later",
        ),
    ],
)
def test_a_3mf_made_to_harm_is_refused(data: bytes, kind: type[MediaError], reason: str | None) -> None:
    refused(data, kind, reason)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x7fELF" + bytes(100), b'{"asset": {"version": "2.0"}}', b"PK"])
def test_what_is_no_mesh_is_refused(data: bytes) -> None:
    refused(data, MediaError, None)
