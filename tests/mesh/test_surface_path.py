"""From a field to an asset: the pieces that a generated mesh goes through, in their order."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.surface.bake import bake
from kinoform.media.surface.errors import NoSurface
from kinoform.media.surface.field import Field
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.scale import scaled
from kinoform.media.surface.topology import is_solid
from kinoform.media.surface.volume import sample
from kinoform.mesh.change import shells, texture_size_of
from kinoform.mesh.tasks import ShapeTask
from kinoform.models.shape import MeshRequest
from tests.media.surface.shapes import Constant, Torus, random_union

TASK = ShapeTask(
    model="",
    request=MeshRequest(steps=1, guidance=1.0, seed=0),
    views=(),
    resolution=32,
    triangles=1000,
    lods=3,
    texture_size=64,
    height_m=0.5,
    formats=(),
)


def asset_of(field: Field, task: ShapeTask = TASK) -> MeshAsset:
    """As the service builds it."""
    assert task.height_m is not None
    volume = sample(field, task.resolution)
    source = FieldSource(field, volume)
    sized = [(mesh, texture_size_of(level, task.texture_size)) for level, mesh in enumerate(shells(volume, task))]
    parts = [Part(mesh=mesh, material=bake(mesh, source, size, f"thing-{size}")) for mesh, size in sized]
    return scaled(MeshAsset(name="thing", lods=tuple(parts)), task.height_m)


def test_an_asset_stands_on_the_ground_closed_in_all_levels_at_the_height_wished_for() -> None:
    asset = asset_of(random_union(3))
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
    here = digest(asset_of(random_union(3)))
    act = (
        "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1]);"
        "from tests.mesh.test_surface_path import *; print(digest(asset_of(random_union(3))))"
    )
    single = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    there = subprocess.run([sys.executable, "-c", act], env=single, check=True, capture_output=True, text=True)
    assert there.stdout.strip() == here == digest(asset_of(random_union(3)))


def test_twice_the_height_is_twice_as_large_in_every_way() -> None:
    asset = asset_of(Torus(), replace(TASK, lods=1))
    twice = scaled(asset, 1.0)
    assert twice.lods[0].mesh.positions == pytest.approx(2 * asset.lods[0].mesh.positions, abs=1e-6)


def test_a_field_without_a_surface_makes_no_asset() -> None:
    with pytest.raises(NoSurface):
        asset_of(Constant(1.0))


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
