"""The checked-in stubs are what the protos say, and load beside any other package's."""

import os
import subprocess
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor

import kinoform_proto.asset.v1.asset_pb2
import kinoform_proto.catalog.v1.catalog_pb2
import kinoform_proto.engine.v1.engine_pb2
import kinoform_proto.job.v1.job_pb2
import kinoform_proto.video.v1.video_pb2  # noqa: F401

ROOT = Path(__file__).parents[2]


def stubs(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*_pb2*.py*"))
        if path.suffix in {".py", ".pyi"}
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_stubs_are_what_the_protos_say(tmp_path: Path) -> None:
    subprocess.run([ROOT / "protos" / "generate.sh", tmp_path], check=True, env=os.environ | {"LC_ALL": "C"})
    assert stubs(tmp_path) == stubs(ROOT / "protos")


def every_file() -> list[FileDescriptor]:
    pool = descriptor_pool.Default()
    areas = ("type", "job", "asset", "video", "catalog", "engine")
    return [pool.FindFileByName(f"kinoform_proto/{area}/v1/{area}.proto") for area in areas]


def test_every_enum_begins_with_unspecified() -> None:
    enums = [
        enum
        for file in every_file()
        for scope in (file, *file.message_types_by_name.values())
        for enum in scope.enum_types_by_name.values()
    ]
    assert len(enums) >= 6
    assert {enum.values[0].name.rsplit("_", 1)[1] for enum in enums} == {"UNSPECIFIED"}
    assert {enum.values[0].number for enum in enums} == {0}
