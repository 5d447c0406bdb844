"""Reliefs against formulas: heights, volume, closedness, what the picture becomes."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.formats import MeshFormat, file_ending
from kinoform.media.mesh.model import Material, Mesh, MeshAsset, Part
from kinoform.media.mesh.report import report
from kinoform.media.mesh.write import write_mesh
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.heights import load_heights
from kinoform.media.surface.relief import Plate, relief

PLATE = Plate(width_m=0.4, rise_m=0.05, plate_m=0.01)
ROUGH = np.random.default_rng(0).random((7, 11)).astype(np.float32)


def png(levels: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(levels).save(data, "PNG")
    return data.getvalue()


def volume(mesh: Mesh) -> float:
    """By the divergence theorem."""
    a, b, c = np.moveaxis(mesh.positions.astype(np.float64)[mesh.triangles], 1, 0)
    return float(np.einsum("ni,ni->", a, np.cross(b, c))) / 6


@pytest.mark.parametrize("deep", [False, True])
def test_every_sample_is_a_vertex_at_its_depth(deep: bool) -> None:
    levels = (ROUGH * 65535).astype(np.uint16) if deep else (ROUGH * 255).astype(np.uint8)
    mesh = relief(load_heights(png(levels), 512), PLATE)
    front = mesh.positions[: levels.size].reshape(*levels.shape, 3)
    full = 65535 if deep else 255
    assert front[..., 2] == pytest.approx(0.01 + 0.05 * levels / full, abs=1e-7)
    assert front[..., 0] == pytest.approx(np.tile(np.linspace(-0.2, 0.2, 11), (7, 1)), abs=1e-7)
    assert front[..., 1] == pytest.approx(np.tile(np.linspace(0.24, 0, 7)[:, None], (1, 11)), abs=1e-7)
    assert np.allclose(front[..., 2], 0.01 + 0.05 * ROUGH, atol=0.05 / full + 1e-7)


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_a_flat_picture_gives_a_box(level: float) -> None:
    mesh = relief(np.full((5, 9), level, np.float32), PLATE)
    assert volume(mesh) == pytest.approx(0.4 * 0.2 * (0.01 + 0.05 * level), rel=1e-5)


def test_a_ramp_gives_a_wedge_on_its_plate() -> None:
    ramp = np.tile(np.linspace(0, 1, 33, dtype=np.float32), (17, 1))
    for heights in (ramp, ramp[:, ::-1], ramp.T, ramp.T[::-1]):
        sides = (0.4, 0.4 * (heights.shape[0] - 1) / (heights.shape[1] - 1))
        assert volume(relief(heights, PLATE)) == pytest.approx(sides[0] * sides[1] * (0.01 + 0.05 / 2), rel=1e-5)


@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (9, 2), (40, 23)])
@pytest.mark.parametrize("format", [MeshFormat.GLB, MeshFormat.STL, MeshFormat.THREEMF])
def test_reliefs_are_closed_solids_in_every_file(
    tmp_path: Path,
    shape: tuple[int, int],
    format: MeshFormat,  # noqa: A002
) -> None:
    heights = np.random.default_rng(1).random(shape).astype(np.float32)
    heights[0], heights[:, 0] = 0, 0  # walls as low as the plate
    colours = np.zeros((*shape, 3), np.uint8)
    mesh = relief(heights, PLATE)
    part = Part(mesh=mesh, material=Material(name="relief", base_colour=colours))
    path = tmp_path / f"relief{file_ending(format)}"
    write_mesh(path, MeshAsset(name="relief", lods=(part,)), format)
    found = report(path, format)
    assert (found.watertight, found.manifold, found.findings) == (True, "NoError", ())
    assert found.volume_m3 == pytest.approx(volume(mesh), rel=1e-4)
    assert found.size_m[0] == pytest.approx(0.4, rel=1e-5)
    cells = (shape[0] - 1) * (shape[1] - 1)
    assert found.triangles == 2 * cells + 3 * 2 * (shape[0] + shape[1] - 2)


def test_normals_lie_on_the_side_that_their_triangles_show() -> None:
    mesh = relief(ROUGH, PLATE)
    a, b, c = np.moveaxis(mesh.positions.astype(np.float64)[mesh.triangles], 1, 0)
    faces = np.cross(b - a, c - a)
    assert (np.einsum("ni,nci->nc", faces, mesh.normals[mesh.triangles]) > 0).all()


def test_a_vertex_shows_its_own_pixel_of_a_texture_of_the_pictures_shape() -> None:
    mesh = relief(ROUGH, PLATE)
    assert mesh.uvs is not None
    columns, rows = mesh.uvs[: ROUGH.size, 0] * 11 - 0.5, (1 - mesh.uvs[: ROUGH.size, 1]) * 7 - 0.5
    assert columns == pytest.approx(np.tile(np.arange(11), 7), abs=1e-5)
    assert rows == pytest.approx(np.repeat(np.arange(7), 11), abs=1e-5)
    places = {position.tobytes(): uv.tobytes() for position, uv in zip(mesh.positions, mesh.uvs, strict=True)}
    assert all(
        places[position.tobytes()] == uv.tobytes() for position, uv in zip(mesh.positions, mesh.uvs, strict=True)
    )


def test_a_large_picture_is_averaged_and_a_small_one_kept() -> None:
    checks = np.kron(np.array([[0, 200], [100, 40]], np.uint8), np.ones((4, 4), np.uint8))
    assert load_heights(png(checks), 2) * 255 == pytest.approx(np.array([[0, 200], [100, 40]]), abs=0.01)
    assert load_heights(png(checks), 512).shape == (8, 8)


def test_colours_count_by_their_luminance_and_what_is_transparent_is_far() -> None:
    pixels = np.array([[[255, 0, 0, 255], [0, 255, 0, 255]], [[255, 255, 255, 255], [255, 255, 255, 0]]], np.uint8)
    assert load_heights(png(pixels), 8) == pytest.approx(np.array([[0.2126, 0.7152], [1, 0]]), abs=1e-6)


def test_a_picture_that_is_no_field_of_heights_is_refused() -> None:
    with pytest.raises(BadWish, match="1×1"):
        load_heights(png(np.zeros((1, 1), np.uint8)), 8)
    with pytest.raises(BadWish, match="of 900×3 pixels 8×1 remain"):
        load_heights(png(np.zeros((3, 900), np.uint8)), 8)
    with pytest.raises(MediaCorrupt):
        load_heights(png(ROUGH.astype(np.uint8))[:60], 8)
