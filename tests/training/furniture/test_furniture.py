"""Furniture as solids: a table made here, of known sides; and, where it is installed, Debian's package."""

import zipfile
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.topology import components, is_closed
from kinoform.training.form.shards import families_of, read_shards, write_furniture
from kinoform.training.furniture import catalogue as module
from kinoform.training.furniture.catalogue import FOLDER, HELD_OUT, Item, catalogue, parse_properties, split
from kinoform.training.furniture.credits import credits as credits_of
from kinoform.training.furniture.errors import BadModel, NotInstalled
from kinoform.training.furniture.lessons import lessons, unsaid
from kinoform.training.furniture.materials import METALLIC, finish
from kinoform.training.furniture.names import caption, noun
from kinoform.training.furniture.solid import solid
from kinoform.training.furniture.voxels import CELL, SHEET
from kinoform.training.shapes.shape import LONGEST

Box = tuple[tuple[float, float, float], tuple[float, float, float]]

TOP: Box = ((0, 66, 0), (120, 78, 80))
LEGS: tuple[Box, ...] = tuple(((x, 0, z), (x + 12, 66, z + 12)) for x in (0, 108) for z in (0, 68))
"""In centimetres: 12 are 5.8 cells of 64 where 120 are 1.8 long."""
SHEETS: tuple[Box, ...] = (((0, 0, 0), (120, 0, 80)),)
MTL = "newmtl oak\nKd 0.45 0.26 0.12\nnewmtl steel\nKd 0.5 0.5 0.5\n"
LICENCE = """\
Thank you for downloading "Old table" by Zo\N{LATIN SMALL LETTER E WITH ACUTE}
Released under
Creative Commons Attribution 3.0
Downloaded from http://www.blendswap.com/blends/view/1
""".encode("latin-1")
FACES = ("0132", "4675", "0451", "2376", "0264", "1573")

installed = pytest.mark.skipif(not any(FOLDER.glob("*.sh3f")), reason="sweethome3d-furniture is not installed")


def obj(top: tuple[Box, ...], legs: tuple[Box, ...], left_out: int = -1) -> str:
    """Boxes of quadrilaterals, the first one without the face `left_out`."""
    lines = ["mtllib table.mtl"]
    for place, (low, high) in enumerate((*top, *legs)):
        lines.append(f"usemtl {'oak' if place < len(top) else 'steel'}")
        lines += [f"v {x} {y} {z}" for x, y, z in product(*zip(low, high, strict=True))]
        faces = [face for number, face in enumerate(FACES) if place or number != left_out]
        lines += ["f " + " ".join(str(8 * place + int(corner) + 1) for corner in face) for face in faces]
    return "\n".join(lines)


def packed(folder: Path, model: str, height: float = 78) -> Item:
    """An item in a library of its own."""
    properties = {
        "id": "Here#table",
        "name": "Wooden table",
        "category": "Kitchen",
        "creator": "Zo\\u00e9",
        "model": "/table/table.obj",
        "width": "120",
        "depth": "80",
        "height": str(height),
    }
    head = "license=Creative Commons Attribution 3.0 license\n"
    with zipfile.ZipFile(folder / "Here.sh3f", "w") as archive:
        text = head + "".join(f"{key}#1={value}\n" for key, value in properties.items())
        archive.writestr("PluginFurnitureCatalog.properties", text)
        archive.writestr("table/table.obj", model)
        archive.writestr("table/table.mtl", MTL)
        archive.writestr("table/BLENDSWAP_LICENSE.txt", LICENCE)
    return catalogue(folder)[0]


@pytest.fixture
def table(tmp_path: Path) -> Item:
    """A table of closed boxes."""
    return packed(tmp_path, obj((TOP,), LEGS))


def cells(side: int) -> npt.NDArray[np.float32]:
    line = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)


def from_cm(*point: float) -> npt.NDArray[np.float32]:
    """(1, 3) where a point of the table lies in the cube."""
    return ((np.array([point]) - (60, 39, 40)) * LONGEST / 120).astype(np.float32)


def box_distance(points: npt.NDArray[np.float32], box: Box) -> npt.NDArray[np.float32]:
    """Exact signed distance in the cube."""
    low, high = from_cm(*box[0]), from_cm(*box[1])
    gap = np.abs(points - (low + high) / 2) - (high - low) / 2
    outer = np.linalg.norm(np.maximum(gap, 0), axis=1)
    return np.asarray(outer + np.minimum(gap.max(axis=1), 0))


def test_distances_are_a_tables_within_little_of_a_cell(table: Item) -> None:
    points = cells(40)
    exact = np.min([box_distance(points, box) for box in (TOP, *LEGS)], axis=0)
    near = np.abs(exact) < 2 * CELL
    error = np.abs(solid(table).distance(points) - exact)[near]
    assert error.mean() < 0.15 * CELL
    assert error.max() < 1.25 * CELL


def test_a_table_has_its_volume_and_its_sides(table: Item) -> None:
    mesh = surface_of(solid(table), 64)
    corners = mesh.positions[mesh.triangles].astype(np.float64)
    volume = np.einsum("ki,ki->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    exact = sum(np.prod(np.subtract(high, low)) for low, high in (TOP, *LEGS)) * (LONGEST / 120) ** 3
    assert volume == pytest.approx(exact, rel=0.05)
    np.testing.assert_allclose(np.ptp(mesh.positions, axis=0), np.array([120, 78, 80]) * LONGEST / 120, atol=CELL)
    assert is_closed(mesh.triangles)
    assert components(mesh.triangles, len(mesh.positions)).max() == 0


def test_the_sides_are_the_catalogues_and_not_the_models(tmp_path: Path) -> None:
    mesh = surface_of(solid(packed(tmp_path, obj((TOP,), LEGS), height=40)), 64)
    np.testing.assert_allclose(np.ptp(mesh.positions, axis=0), np.array([120, 40, 80]) * LONGEST / 120, atol=CELL)


def test_looks_are_those_of_the_nearest_part(table: Item) -> None:
    field = solid(table)
    np.testing.assert_allclose(field.appearance(from_cm(60, 80, 40))[0, :3], (0.45, 0.26, 0.12), atol=1e-6)
    np.testing.assert_allclose(field.appearance(from_cm(-1, 10, 5))[0], (0.5, 0.5, 0.5, *METALLIC), atol=1e-6)


def test_a_box_with_a_side_missing_is_a_vessel_that_is_closed(tmp_path: Path) -> None:
    box: Box = ((0, 0, 0), (120, 78, 80))
    upwards = FACES.index("2376")
    field = solid(packed(tmp_path, obj((box,), (), left_out=upwards)))
    assert field.distance(from_cm(60, 40, 40))[0] > 0
    assert field.distance(from_cm(60, 0, 40))[0] < 0
    assert is_closed(surface_of(field, 64).triangles)


def test_a_sheet_becomes_two_cells_thick(tmp_path: Path) -> None:
    mesh = surface_of(solid(packed(tmp_path, obj(SHEETS, ()), height=0.01)), 64)
    assert is_closed(mesh.triangles)
    assert np.ptp(mesh.positions[:, 1]) == pytest.approx(2 * SHEET, abs=CELL / 4)


def test_equal_items_give_equal_bytes(table: Item) -> None:
    one, other, points = solid(table), solid(table), cells(12)
    assert one.distance(points).tobytes() == other.distance(points).tobytes()
    assert one.appearance(points).tobytes() == other.appearance(points).tobytes()


def test_a_points_values_do_not_depend_on_the_others(table: Item) -> None:
    field, points = solid(table), cells(16)
    np.testing.assert_array_equal(field.distance(points)[::7], field.distance(points[::7]))
    np.testing.assert_array_equal(field.appearance(points)[::7], field.appearance(points[::7]))


def test_a_lesson_says_what_it_is_and_how_large(table: Item) -> None:
    ((_, facts),) = lessons([table])
    assert facts == {
        "caption": "a brown and grey wooden table",
        "size_m": 1.2,
        "family": "Kitchen",
        "colour": "brown",
        "source": "Here#table",
    }


def test_credits_name_author_item_licence_and_its_text(table: Item) -> None:
    text = credits_of([table])
    work = '"Old table" by Zoé, http://www.blendswap.com/blends/view/1'
    for part in ("Zoé: Wooden table", work, "CC BY 3.0", "https://creativecommons.org/licenses/by/3.0/"):
        assert part in text


def test_furniture_is_a_shard_of_every_pass_seen_from_other_sides(
    table: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_OUT", 0)
    write_furniture(0, 1, tmp_path / "run", 2, libraries=table.library.parent)
    first, second = read_shards(tmp_path / "run")
    assert (first.name, second.name) == ("furniture-0000", "furniture-0001")
    assert [known["source"] for known in (*first.facts, *second.facts)] == [table.key, table.key]
    assert np.array_equal(first.grids, second.grids)
    assert not np.array_equal(first.views, second.views)
    assert families_of([first]) == ()


def test_a_model_without_triangles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="Here#table"):
        solid(packed(tmp_path, "v 0 0 0\n"))


def test_where_the_package_is_missing_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="apt-get install sweethome3d-furniture"):
        catalogue(tmp_path)


def test_properties_are_javas() -> None:
    assert parse_properties("# a=b\nname#1=H\\u00f4i \\\n   An = x\n") == {"name#1": "Hôi An = x"}


@pytest.mark.parametrize(
    ("name", "shares", "said"),
    [
        ("Armchair", {"brown": 0.9, "black": 0.1}, "a brown armchair"),
        ("Desk", {"orange": 0.5, "white": 0.4}, "an orange and white desk"),
        ("White board", {"grey": 1.0}, "a white board"),
        ("Shelves", {"grey": 1.0}, "grey shelves"),
        ("TV 16:9", {"black": 1.0}, "a black television"),
        ("Wall type C plug", {"white": 1.0}, "a white wall socket"),
    ],
)
def test_captions_are_english(name: str, shares: dict[str, float], said: str) -> None:
    known = noun(name)
    assert known is not None
    assert caption(known, shares) == said


def test_names_that_say_nothing_are_not_said() -> None:
    assert [noun(name) for name in ("Box", "Parking slot 45°", "Bill 20€")] == [None] * 3


def test_what_shines_more_is_smoother() -> None:
    dull, glossy = ({"Ns": exponent, "Ks": "1 1 1"} for exponent in ("2", "400"))
    assert finish("paint", glossy)[0] < finish("paint", dull)[0]
    assert finish("brushed steel", {}) == METALLIC


@installed
def test_the_package_has_every_item_once_and_a_tenth_held_out() -> None:
    items = catalogue()
    train, held = split(items)
    assert (len(items), len({item.key for item in items}), len(held)) == (820, 820, HELD_OUT)
    assert split(items[::-1])[1][::-1] == held
    assert len(train) + len(held) == len(items)
    assert sum(item.licence.name == "CC0 1.0" for item in items) == 175
    assert len(unsaid(items)) == 20


@pytest.mark.slow
@installed
def test_items_of_the_package_close() -> None:
    wanted = {"Scopia#white_kitchen_table", "Blend Swap CC-0#deckChair"}
    for field, _ in lessons(item for item in catalogue() if item.key in wanted):
        assert is_closed(surface_of(field, 64).triangles)
