import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from kinoform.media.mesh.model import MeshAsset
from kinoform.media.surface.build import SurfaceWish, build_asset
from kinoform.media.surface.errors import BadWish, NoSurface
from kinoform.media.surface.scale import scaled
from kinoform.media.surface.topology import is_solid
from tests.media.surface.shapes import Constant, Torus, random_union

WISH = SurfaceWish(height_m=0.5, triangles=1000, lods=3, texture_size=64, resolution=32)


def test_an_asset_stands_on_the_ground_closed_in_all_levels_at_the_height_wished_for() -> None:
    asset = build_asset(random_union(3), WISH, "thing")
    low, high = asset.lods[0].mesh.positions.min(axis=0), asset.lods[0].mesh.positions.max(axis=0)
    assert low[1] == 0
    assert high[1] == pytest.approx(0.5)
    assert (low + high)[[0, 2]] == pytest.approx(0, abs=1e-6)
    for level, part in enumerate(asset.lods):
        assert is_solid(part.mesh.positions, part.mesh.triangles)
        assert 0.8 * 1000 / 4**level <= len(part.mesh.triangles) <= 1000 / 4**level
        assert part.material is not None
        assert part.material.base_colour.shape == (64 >> level, 64 >> level, 3)
        assert part.mesh.positions.min() > -1
        assert abs(part.mesh.positions[:, 1].max() - 0.5) < 0.03


def test_equal_fields_and_wishes_give_equal_bytes_with_one_thread_and_with_several() -> None:
    here = digest(build_asset(random_union(3), WISH, "thing"))
    act = (
        "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1]);"
        "from tests.media.surface.test_build import *; print(digest(build_asset(random_union(3), WISH, 'thing')))"
    )
    single = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    there = subprocess.run([sys.executable, "-c", act], env=single, check=True, capture_output=True, text=True)
    assert there.stdout.strip() == here == digest(build_asset(random_union(3), WISH, "thing"))


def test_twice_the_height_is_twice_as_large_in_every_way() -> None:
    asset = build_asset(Torus(), replace(WISH, lods=1), "ring")
    twice = scaled(asset, 1.0)
    assert twice.lods[0].mesh.positions == pytest.approx(2 * asset.lods[0].mesh.positions, abs=1e-6)


def test_a_field_without_a_surface_makes_no_asset() -> None:
    with pytest.raises(NoSurface):
        build_asset(Constant(1.0), WISH, "nothing")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("height_m", 0.0),
        ("height_m", float("inf")),
        ("triangles", 15),
        ("lods", 0),
        ("lods", 9),
        ("texture_size", 8),
        ("texture_size", 8192),
        ("resolution", 100),
    ],
)
def test_a_wish_that_cannot_be_met_names_its_field_and_value(field: str, value: float) -> None:
    with pytest.raises(BadWish, match=f"{field} .* not {value}"):
        SurfaceWish(**({"height_m": 1.0} | {field: value}))  # type: ignore[arg-type]


def digest(asset: MeshAsset) -> str:
    """Of everything in it."""
    found = hashlib.sha256(asset.name.encode())
    for part in asset.lods:
        assert part.material is not None
        pictures = (part.material.base_colour, part.material.normal, part.material.orm)
        for array in (part.mesh.positions, part.mesh.triangles, part.mesh.normals, part.mesh.uvs, *pictures):
            assert array is not None
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
