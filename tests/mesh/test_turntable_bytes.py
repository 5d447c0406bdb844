"""The clip of a turntable, to the byte."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.media import encode
from kinoform.media.mesh.read import read_mesh
from kinoform.mesh.change import drawn
from kinoform.mesh.convert import task_from_proto
from kinoform.mesh.process import MESH
from kinoform.mesh.tasks import TurntableTask
from tests.mesh.mesh_peer import globe, turntable


@pytest.mark.parametrize("instructions", ["SSE4.2", "AVX2"])
def test_h264_has_the_same_bytes_whatever_the_processor_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instructions: str
) -> None:
    """With its macroblock tree, x264 makes others of this very clip where there is AVX-512."""
    packed = AnyMessage()
    packed.Pack(turntable())
    task = task_from_proto(packed, {MESH: "0" * 64})
    assert isinstance(task, TurntableTask)
    frames = np.stack([frame[..., :3] for frame in drawn(read_mesh(globe(tmp_path)), task)])
    encode.write_mp4(tmp_path / "native.mp4", frames, Fraction(24))
    monkeypatch.setitem(encode._H264, "x264-params", f"{encode._H264['x264-params']}:asm={instructions}")
    encode.write_mp4(tmp_path / "fewer.mp4", frames, Fraction(24))
    assert (tmp_path / "native.mp4").read_bytes() == (tmp_path / "fewer.mp4").read_bytes()
