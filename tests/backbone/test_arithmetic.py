"""Products are settled where the processor needs it, and nowhere else."""

import os
from pathlib import Path

import pytest
import torch

import kinoform.backbone  # noqa: F401  settles
from kinoform.backbone.arithmetic import STRICT, VARIABLE, settle


@pytest.mark.parametrize(("vendor", "set_to"), [("GenuineIntel", STRICT), ("AuthenticAMD", None)])
def test_only_intels_processors_are_told(
    vendor: str, set_to: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "cpuinfo").write_text(f"vendor_id\t: {vendor}\n")
    settle(tmp_path / "cpuinfo")
    assert os.environ.get(VARIABLE) == set_to
    settle(tmp_path / "nowhere")


def test_what_the_user_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "COMPATIBLE")
    (tmp_path / "cpuinfo").write_text("vendor_id\t: GenuineIntel\n")
    settle(tmp_path / "cpuinfo")
    assert os.environ[VARIABLE] == "COMPATIBLE"


@pytest.mark.parametrize("rows", [8, 16, 33, 64, 100])
def test_a_product_does_not_hang_on_how_many_rows_there_are(rows: int) -> None:
    generator = torch.Generator().manual_seed(0)
    weight, x = torch.randn(832, 208, generator=generator), torch.randn(400, 208, generator=generator)
    whole = torch.nn.functional.linear(x, weight)
    for start in range(0, 400 - rows + 1, rows):
        assert torch.equal(torch.nn.functional.linear(x[start : start + rows], weight), whole[start : start + rows])
