"""`kinoform material generate --image` on a peer: what is asked for and saved."""

from pathlib import Path

import pytest

from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.type.v1 import type_pb2
from tests.kinoform_client.samples import ball, png
from tests.kinoform_client.shell import Shell


def test_a_picture_becomes_a_material_named_after_it(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Garden wall.png").write_bytes(png(ball(8)))
    result = shell.make("material", "generate", "--image", "Garden wall.png", "--size", "256", "--size-m", "0.5")
    assert result.exit_code == 0
    assert result.stdout.startswith("garden-wall/")
    (request,) = shell.served.peer.others
    assert isinstance(request, material_pb2.GenerateMaterialRequest)
    assert request.spec == material_pb2.MaterialSpec(
        image=type_pb2.MediaInput(inline=png(ball(8))), sampling=type_pb2.Sampling(), size=256, size_m=0.5
    )


def test_words_beside_a_picture_name_the_material(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(png(ball(8)))
    result = shell.make("material", "generate", "Red brick", "--image", "wall.png")
    assert result.stdout.startswith("red-brick/")
    (request,) = shell.served.peer.others
    assert request.spec.prompt.text == "Red brick"  # type: ignore[attr-defined]
    assert request.spec.HasField("image")  # type: ignore[attr-defined]


def test_a_picture_may_be_prepared_first(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(png(ball(8)))
    result = shell("material", "generate", "--condition", "reference=wall.png", "--no-wait")
    assert result.exit_code == 0
    assert [request.spec.image.conditioning != "" for request in shell.served.peer.others] == [True]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "options",
    [[], ["--image", "missing.png"], ["--image", "wall.png", "--condition", "reference=wall.png"]],
)
def test_without_a_picture_that_can_be_read_no_job_is_asked_for(
    shell: Shell, tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "wall.png").write_bytes(png(ball(8)))
    result = shell("material", "generate", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert shell.served.peer.jobs == {}
