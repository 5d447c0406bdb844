"""A report says what is in the file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinoform.media.errors import MediaUnsupported
from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.model import Mesh
from kinoform.media.mesh.report import MeshReport, report
from kinoform.media.mesh.write import write_mesh
from kinoform.media.mesh.writers.glb import glb_bytes
from tests.media.mesh.assets import cube, plain, sphere, textured, wood


def test_a_textured_cube_of_one_metre_is_told_exactly(tmp_path: Path) -> None:
    write_mesh(tmp_path / "toy.glb", textured(cube(), wood(16)), MeshFormat.GLB)
    assert report(tmp_path / "toy.glb", MeshFormat.GLB) == MeshReport(
        format=MeshFormat.GLB,
        triangles=12,
        vertices=24,
        watertight=True,
        manifold="NoError",
        volume_m3=1.0,
        size_m=(1.0, 1.0, 1.0),
        uv_min=(pytest.approx(0.125 / 3), 0.0625),
        uv_max=(pytest.approx(2.875 / 3), 0.9375),
        texture_sizes=(("base_colour", 32, 16), ("normal", 16, 16), ("orm", 16, 16)),
        findings=(),
    )


@pytest.mark.parametrize("format", [MeshFormat.USDZ, MeshFormat.THREEMF, MeshFormat.STL])
def test_each_format_is_examined_in_metres(tmp_path: Path, format: MeshFormat) -> None:  # noqa: A002
    box = replace(cube(), positions=cube().positions * np.float32([0.5, 1, 2]))
    write_mesh(tmp_path / "toy", plain(box), format)
    made = report(tmp_path / "toy", format)
    assert (made.format, made.triangles, made.watertight, made.manifold) == (format, 12, True, "NoError")
    assert made.size_m == pytest.approx((0.5, 1, 2), rel=1e-6)
    assert made.volume_m3 == pytest.approx(1, rel=1e-6)
    assert made.findings == ()


def test_a_seam_does_not_open_a_sphere() -> None:
    made = report(glb_bytes("toy", plain(sphere()).lods[0]), MeshFormat.GLB)
    assert made.watertight
    assert made.manifold == "NoError"
    assert made.volume_m3 == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.02)


def test_a_hole_is_told() -> None:
    open_ = _without_its_first_triangle(cube())
    made = report(glb_bytes("toy", plain(open_).lods[0]), MeshFormat.GLB)
    assert not made.watertight
    assert made.manifold == "NotManifold"
    assert made.volume_m3 is None


def test_a_file_of_another_format_is_refused() -> None:
    with pytest.raises(MediaUnsupported, match="a glb file, not stl"):
        report(glb_bytes("toy", plain(cube()).lods[0]), MeshFormat.STL)


def _without_its_first_triangle(mesh: Mesh) -> Mesh:
    return replace(mesh, triangles=mesh.triangles[1:])
