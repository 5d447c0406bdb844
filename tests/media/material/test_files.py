"""A material's files: valid, equal for equal maps, and read back exactly or refused."""

import io
import json
import zipfile
from pathlib import Path

import MaterialX
import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import MediaCorrupt, MediaError, MediaTooLarge, MediaUnsupported
from kinoform.media.material.convert import mesh_material
from kinoform.media.material.document import materialx_document
from kinoform.media.material.errors import BadMaterial
from kinoform.media.material.facts import MAPS, Facts
from kinoform.media.material.files import material_zip, read_material_zip, write_material
from kinoform.media.material.maps import MaterialMaps
from kinoform.media.material.png16 import png16_bytes, read_png16
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.render.alpha import write_rgba_zip
from tests.media.material.tiles import noise, wavy

FILES = {name: f"{name}.png" for name in (*MAPS, "normal")}


@pytest.fixture(scope="module")
def packed() -> bytes:
    return material_zip(noise(), "noise")


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def repacked(packed: bytes, **changes: bytes) -> bytes:
    """The zip file with members of these names (less their endings) changed."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return zipped(**{name: changes.get(name.rpartition(".")[0], archive.read(name)) for name in archive.namelist()})


def test_maps_come_back_exactly(packed: bytes) -> None:
    maps, again = noise(), read_material_zip(packed)
    for before, after in (
        (maps.base_colour, again.base_colour),
        (maps.roughness, again.roughness),
        (maps.metallic, again.metallic),
        (maps.height, again.height),
    ):
        assert np.array_equal(before, after)
    assert (maps.height_m, maps.size_m) == (again.height_m, again.size_m)


def test_equal_maps_give_equal_files_in_a_folder_and_in_a_zip_file(packed: bytes, tmp_path: Path) -> None:
    paths = write_material(tmp_path / "new", noise(), "noise")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert [path.name for path in paths] == archive.namelist()
        assert all(path.read_bytes() == archive.read(path.name) for path in paths)
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_derived_maps_are_of_the_same_size_and_their_normals_of_unit_length(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        normal = read_png16(archive.read("noise_normal.png"), max_side=64)
        occlusion = read_png16(archive.read("noise_occlusion.png"), max_side=64)
    assert occlusion.shape == (32, 32)
    lengths = np.linalg.norm(normal / 65535 * 2 - 1, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-4)


def test_pictures_are_of_the_promised_sizes(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        sizes = {name: Image.open(io.BytesIO(archive.read(f"noise_{name}.png"))).size for name in ("ball", "swatch")}
    assert sizes == {"ball": (512, 512), "swatch": (64, 64)}


def test_the_document_is_valid_materialx() -> None:
    libraries = MaterialX.createDocument()
    MaterialX.loadLibraries(MaterialX.getDefaultDataLibraryFolders(), MaterialX.getDefaultDataSearchPath(), libraries)
    document = MaterialX.createDocument()
    MaterialX.readFromXmlString(document, materialx_document("brick", wavy(), FILES))
    document.setDataLibrary(libraries)
    valid, message = document.validate()
    assert valid, message


def test_the_document_says_colour_spaces_sizes_and_files() -> None:
    document = MaterialX.createDocument()
    MaterialX.readFromXmlString(document, materialx_document("brick", wavy(), FILES))
    (graph,) = document.getNodeGraphs()
    images = {image.getName(): image for image in graph.getNodes("tiledimage")}
    spaces = {name: image.getInput("file").getColorSpace() for name, image in images.items()}
    assert spaces.pop("base_colour_image") == "srgb_texture"
    assert set(spaces.values()) == {""}
    assert {image.getInputValue("file") for image in images.values()} == set(FILES.values())
    assert {image.getInput("realworldimagesize").getValueString() for image in images.values()} == {"0.5, 0.5"}
    (displacement,) = document.getNodes("displacement")
    assert displacement.getInputValue("scale") == pytest.approx(0.01)


def test_a_mesh_gets_the_same_material_in_eight_bits() -> None:
    maps = noise()
    material = mesh_material("noise", maps)
    assert material.orm is not None
    assert material.normal is not None
    assert np.abs(material.base_colour * 257.0 - maps.base_colour).max() <= 129
    assert np.abs(material.orm[..., 1] * 257.0 - maps.roughness).max() <= 129
    assert np.abs(material.orm[..., 2] * 257.0 - maps.metallic).max() <= 129
    lengths = np.linalg.norm(material.normal / 127.5 - 1, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=0.015)


@pytest.mark.parametrize("name", ["", "a b", "../a", "1a", "a" * 65, "å"])
def test_names_that_are_no_identifiers_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadMaterial):
        write_material(tmp_path, noise(), name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "planes",
    [np.zeros((5, 32, 32)), np.zeros((6, 32, 31)), np.zeros((6, 8, 8)), np.full((6, 32, 32), np.nan)],
)
def test_planes_that_are_no_tile_are_refused(planes: np.ndarray) -> None:
    with pytest.raises(BadMaterial):
        MaterialMaps.of_planes(planes.astype(np.float32), height_m=0.01, size_m=1.0)


@pytest.mark.parametrize(("height_m", "size_m"), [(-1, 1), (float("nan"), 1), (0, 0), (0, 1e9)])
def test_sizes_that_are_no_lengths_are_refused(height_m: float, size_m: float) -> None:
    with pytest.raises(BadMaterial):
        MaterialMaps.of_planes(np.zeros((6, 16, 16), np.float32), height_m=height_m, size_m=size_m)


def test_every_cut_zip_file_is_refused(packed: bytes) -> None:
    for length in range(0, len(packed), len(packed) // 50):
        with pytest.raises(MediaError):
            read_material_zip(packed[:length])


def test_other_zip_files_are_refused(tmp_path: Path) -> None:
    write_rgba_zip(tmp_path / "a.zip", [np.zeros((4, 4, 4), np.uint8)])
    with pytest.raises(MediaUnsupported):
        read_material_zip((tmp_path / "a.zip").read_bytes())


def test_a_zip_bomb_is_refused_before_it_is_inflated(packed: bytes) -> None:
    with pytest.raises(MediaTooLarge):
        read_material_zip(repacked(packed, noise_height=bytes(1 << 22)), MeshLimits(max_inflated_bytes=1 << 21))


def test_a_map_of_another_size_or_kind_is_refused(packed: bytes) -> None:
    small, coloured = np.zeros((16, 16), np.uint16), np.zeros((32, 32, 3), np.uint16)
    for levels in (small, coloured):
        with pytest.raises(BadMaterial):
            read_material_zip(repacked(packed, noise_height=png16_bytes(levels, srgb=False)))


@pytest.mark.parametrize(
    "facts",
    [
        b"",
        b"[" * 60_000,
        b"[]",
        b"{}",
        b'{"kinoform_material": 1}',
        b'{"kinoform_material": 1, "maps": {"height": 7}}',
        b" " * (1 << 17),
    ],
)
def test_json_that_says_nothing_of_use_is_refused(packed: bytes, facts: bytes) -> None:
    with pytest.raises((MediaCorrupt, MediaUnsupported, MediaTooLarge)):
        read_material_zip(repacked(packed, noise=facts))


@pytest.mark.parametrize("metres", ["7", True, None, [], 10**400])
def test_a_size_that_is_no_number_is_refused(metres: object) -> None:
    facts = {"kinoform_material": 1, "size_m": metres, "height_m": 0.1, "maps": dict.fromkeys(MAPS, "a.png")}
    with pytest.raises(MediaCorrupt):
        Facts.of_json(json.dumps(facts).encode())


def test_files_outside_the_zip_file_are_not_followed(packed: bytes) -> None:
    for path in ("../../etc/passwd", "/etc/passwd", "other.png"):
        facts = Facts(1.0, 0.1, dict.fromkeys(MAPS, path))
        with pytest.raises(MediaCorrupt):
            read_material_zip(repacked(packed, noise=facts.to_json().encode()))
