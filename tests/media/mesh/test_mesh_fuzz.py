"""Whatever bits are flipped: a mesh comes out, or an error of ours."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinoform.media.errors import MediaError
from kinoform.media.mesh.check import check_part
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.any import read_part
from kinoform.media.mesh.writers.glb import glb_bytes
from kinoform.media.mesh.writers.obj import obj_zip_bytes
from kinoform.media.mesh.writers.ply import ply_bytes
from kinoform.media.mesh.writers.stl import stl_bytes
from kinoform.media.mesh.writers.threemf import MODEL_PATH, threemf_bytes
from tests.media.mesh.assets import coloured, plain, textured, triangle, wood
from tests.media.mesh.files import unzipped, zipped

LIMITS = MeshLimits(max_triangles=1000, max_vertices=3000, max_texture_pixels=4096)
COLOURED = coloured(triangle()).lods[0]
TEXTURED = textured(triangle(), wood(2)).lods[0]
OBJ = unzipped(obj_zip_bytes("toy", TEXTURED))
MODEL = unzipped(threemf_bytes("toy", COLOURED))
FILES = {
    "glb": glb_bytes("toy", plain(triangle()).lods[0]),
    "textured glb": glb_bytes("toy", TEXTURED),
    "stl": stl_bytes(triangle()),
    "ply": ply_bytes(COLOURED.mesh),
    "obj": OBJ["toy.obj"],
    "obj zip": obj_zip_bytes("toy", TEXTURED),
    "3mf": threemf_bytes("toy", COLOURED),
    "3mf model": MODEL[MODEL_PATH],
}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_give_a_mesh_or_an_error_of_ours(name: str, places: list[tuple[float, int]]) -> None:
    _read(name, _flipped(FILES[name], places))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(start=st.floats(0, 1), length=st.integers(0, 40), junk=st.binary(max_size=12))
def test_spliced_bytes_give_a_mesh_or_an_error_of_ours(name: str, start: float, length: int, junk: bytes) -> None:
    data = FILES[name]
    at = int(start * len(data))
    _read(name, data[:at] + junk + data[at + length :])


def _read(name: str, data: bytes) -> None:
    if name == "3mf model":  # inside an archive that is whole, or no flip would come past its checksum
        data = zipped({**MODEL, MODEL_PATH: data})
    with suppress(MediaError), np.errstate(all="ignore"):
        check_part(read_part(data, LIMITS)[1])


def _flipped(data: bytes, places: list[tuple[float, int]]) -> bytes:
    flipped = bytearray(data)
    for place, bit in places:
        flipped[int(place * len(data))] ^= 1 << bit
    return bytes(flipped)
