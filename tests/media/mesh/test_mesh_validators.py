"""The formats' own validators have nothing to say of what is written."""

from pathlib import Path

import pytest

from kinoform.media.mesh.findings import findings_in
from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.write import write_mesh
from kinoform.media.mesh.writers.usd_layer import usdc_bytes, usdz_bytes
from tests.media.mesh.assets import coloured, cube, plain, sphere, textured, triangle
from tests.media.mesh.validators import gltf_messages

KINDS = {"textured": textured, "plain": plain, "coloured": coloured}
MESHES = {"triangle": triangle, "cube": cube, "sphere": sphere}
ASSETS = {f"{kind}-{shape}": KINDS[kind](MESHES[shape]()) for kind in KINDS for shape in MESHES}


def test_the_gltf_validator_finds_nothing(tmp_path: Path) -> None:
    for name, asset in ASSETS.items():
        write_mesh(tmp_path / f"{name}.glb", asset, MeshFormat.GLB)
    assert gltf_messages(sorted(tmp_path.iterdir())) == []


def test_the_gltf_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "toy.glb"
    write_mesh(path, ASSETS["plain-cube"], MeshFormat.GLB)
    path.write_bytes(path.read_bytes().replace(b'"target":34962', b'"torget":34962'))
    assert gltf_messages([path]) != []


@pytest.mark.parametrize("name", ASSETS)
@pytest.mark.parametrize("format", [MeshFormat.GLB, MeshFormat.THREEMF])
def test_our_checks_and_lib3mf_find_nothing(tmp_path: Path, name: str, format: MeshFormat) -> None:  # noqa: A002
    write_mesh(tmp_path / "toy", ASSETS[name], format)
    assert findings_in((tmp_path / "toy").read_bytes(), format) == ()


@pytest.mark.parametrize("name", ASSETS)
def test_usds_validators_find_nothing(name: str) -> None:
    part = ASSETS[name].lods[0]
    assert findings_in(usdz_bytes("toy", part), MeshFormat.USDZ) == ()
    assert findings_in(usdc_bytes("toy", part, packaged=False), MeshFormat.USDC) == ()


def test_usds_validators_find_a_texture_that_is_missing() -> None:
    part = ASSETS["textured-cube"].lods[0]
    assert findings_in(usdc_bytes("toy", part, packaged=True), MeshFormat.USDC) != ()


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (b'"target":34963', b'"torget":34963', "the buffer view of indices has no target"),
        (b'"max":[0.5,', b'"max":[0.6,', "POSITION declares bounds"),
        (b'"TANGENT"', b'"TONGENT"', "a normal map without TANGENT"),
    ],
)
def test_our_checks_of_glb_find_what_is_wrong(tmp_path: Path, before: bytes, after: bytes, finding: str) -> None:
    path = tmp_path / "toy.glb"
    write_mesh(path, ASSETS["textured-cube"], MeshFormat.GLB)
    (found,) = findings_in(path.read_bytes().replace(before, after, 1), MeshFormat.GLB)
    assert found.startswith(finding)
