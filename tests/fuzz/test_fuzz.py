"""A part of `make fuzz` that fits into the test run."""

from pathlib import Path
from random import Random

import pytest

from tests.benchmarks.load import gateway
from tests.fuzz.attack import Report, attack


@pytest.mark.slow
async def test_absurd_messages_get_typed_errors_and_hurt_nobody(tmp_path: Path) -> None:
    report = Report()
    with gateway(tmp_path) as (address, process):
        await attack(address, Random(1), 12, report)
        assert process.is_running()
    assert report.wrong == []
    assert report.codes.total() > 300
