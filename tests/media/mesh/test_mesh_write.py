"""What is written is what is read, and the same twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinoform.media.mesh.errors import BadMesh
from kinoform.media.mesh.formats import MeshFormat, file_ending
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.mesh.read import read_mesh
from kinoform.media.mesh.readers.any import read_part
from kinoform.media.mesh.write import write_lods, write_mesh
from kinoform.media.mesh.writers.usd_layer import usdc_bytes, usdz_bytes
from tests.media.mesh.assets import coloured, corners, cube, plain, sphere, textured, triangle, wood

FORMATS = list(MeshFormat)
USD = (MeshFormat.USDZ, MeshFormat.USDC)
LIMITS = MeshLimits()


def written(path: Path, asset: MeshAsset, format: MeshFormat) -> bytes:  # noqa: A002
    write_mesh(path, asset, format)
    return path.read_bytes()


def in_this_process(asset: MeshAsset, format: MeshFormat) -> bytes:  # noqa: A002
    """As a worker does it."""
    name, part = asset.name, asset.lods[0]
    return usdz_bytes(name, part) if format is MeshFormat.USDZ else usdc_bytes(name, part, packaged=False)


def quickly_written(path: Path, asset: MeshAsset, format: MeshFormat) -> bytes:  # noqa: A002
    return in_this_process(asset, format) if format in USD else written(path, asset, format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_mesh_comes_back_as_it_was_written(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    asset = textured(cube())
    back = read_mesh(written(tmp_path / "toy", asset, format)).lods[0].mesh
    if format in (MeshFormat.STL, MeshFormat.THREEMF):  # through millimetres and back
        np.testing.assert_allclose(corners(back), corners(asset.lods[0].mesh), rtol=1e-6, atol=1e-9)
    else:
        np.testing.assert_array_equal(corners(back), corners(asset.lods[0].mesh))
        np.testing.assert_allclose(back.normals[back.triangles], cube().normals[cube().triangles], atol=1e-6)


@pytest.mark.parametrize("format", FORMATS)
def test_equal_assets_give_equal_bytes(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    asset = textured(triangle())
    again = in_this_process(asset, format) if format in USD else written(tmp_path / "two", asset, format)
    assert written(tmp_path / "one", asset, format) == again


@pytest.mark.parametrize("format", [MeshFormat.GLB, MeshFormat.USDZ])
def test_textures_come_back_to_the_last_bit(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    material = wood()
    part = read_part(quickly_written(tmp_path / "toy", textured(cube(), material), format), LIMITS)[1]
    assert part.material is not None
    np.testing.assert_array_equal(part.material.base_colour, material.base_colour)
    np.testing.assert_array_equal(part.material.normal, material.normal)
    np.testing.assert_array_equal(part.material.orm, material.orm)
    assert part.mesh.uvs is not None
    np.testing.assert_allclose(part.mesh.uvs[part.mesh.triangles], cube().uvs[cube().triangles], atol=1e-6)


def test_an_obj_keeps_all_maps_but_occlusion(tmp_path: Path) -> None:
    material = wood()
    part = read_part(quickly_written(tmp_path / "toy.zip", textured(cube(), material), MeshFormat.OBJ), LIMITS)[1]
    assert part.material is not None
    assert part.material.name == "wood"
    np.testing.assert_array_equal(part.material.base_colour, material.base_colour)
    np.testing.assert_array_equal(part.material.normal, material.normal)
    np.testing.assert_array_equal(part.material.orm[..., 1:], material.orm[..., 1:])


@pytest.mark.parametrize(
    "format", [MeshFormat.GLB, MeshFormat.USDC, MeshFormat.OBJ, MeshFormat.PLY, MeshFormat.THREEMF]
)
def test_vertex_colours_come_back_to_the_last_bit(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    mesh = coloured(cube()).lods[0].mesh
    back = read_part(quickly_written(tmp_path / "toy", coloured(cube()), format), LIMITS)[1].mesh
    np.testing.assert_array_equal(back.colours[back.triangles], mesh.colours[mesh.triangles])


def test_a_crate_has_the_texture_as_colours(tmp_path: Path) -> None:
    material = replace(wood(), base_colour=np.full((4, 4, 3), (200, 100, 3), np.uint8))
    part = read_part(quickly_written(tmp_path / "toy", textured(cube(), material), MeshFormat.USDC), LIMITS)[1]
    assert part.material is None
    assert (part.mesh.colours == (200, 100, 3)).all()


@pytest.mark.parametrize("format", [MeshFormat.GLB, MeshFormat.OBJ, MeshFormat.PLY])
def test_thousands_of_triangles_come_back(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    back = read_part(quickly_written(tmp_path / "toy", plain(sphere()), format), LIMITS)[1].mesh
    np.testing.assert_array_equal(corners(back), corners(sphere()))


def test_each_level_of_detail_is_a_file_of_its_own(tmp_path: Path) -> None:
    asset = MeshAsset(name="toy", lods=tuple(Part(mesh=mesh) for mesh in (sphere(), cube(), triangle())))
    paths = write_lods(tmp_path, asset, MeshFormat.GLB)
    assert [path.name for path in paths] == ["toy.glb", "toy_lod1.glb", "toy_lod2.glb"]
    counts = [len(read_part(path.read_bytes(), LIMITS)[1].mesh.triangles) for path in paths]
    assert counts == [len(sphere().triangles), 12, 1]
    assert file_ending(MeshFormat.OBJ) == ".zip"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "toy.glb"
    path.write_bytes(b"old")
    lost = replace(cube(), triangles=np.array([(0, 1, 24)], np.int32))
    with pytest.raises(BadMesh, match="outside 0…23"):
        write_mesh(path, plain(lost), MeshFormat.GLB)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    "asset",
    [
        MeshAsset(name="../toy", lods=(Part(mesh=cube()),)),
        MeshAsset(name="toy", lods=()),
        plain(replace(cube(), triangles=np.zeros((0, 3), np.int32))),
        plain(replace(cube(), positions=np.full((24, 3), np.nan, np.float32))),
        plain(replace(cube(), normals=cube().normals[:3])),
        textured(replace(cube(), uvs=None)),
    ],
    ids=["name", "no lods", "no triangles", "not finite", "too few normals", "no UVs"],
)
def test_what_breaks_the_types_description_is_refused(tmp_path: Path, asset: MeshAsset) -> None:
    with pytest.raises(BadMesh):
        write_mesh(tmp_path / "toy.glb", asset, MeshFormat.GLB)
