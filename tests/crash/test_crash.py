"""A part of `make crash` that fits into the test run: every fault that heals within seconds, every stage once."""

from collections.abc import Iterator

import pytest

from tests.crash import faults, stages
from tests.crash.__main__ import orphans
from tests.crash.cell import outcome, undisturbed
from tests.crash.world import World, world

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(900)]
CELLS = (
    ("gateway and dispatcher: kill -9", "committing"),
    ("Ray replica: kill -9", "decoding"),
    ("database server: kill -9", "checkpointing"),
    ("asset store: disk full", "uploading"),
    ("database: disk full", "step k"),
    ("lease given away twice", "encoding"),
    ("clock an hour ahead", "step k"),
    ("clock an hour back", "queued"),
    ("fifty watchers that do not read", "step k"),
)
"""The proxy, the raylet and a hung replica take half a minute each: `make crash` has them."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("crash")) as made:
        yield made


@pytest.fixture(scope="module")
def wanted() -> dict[str, str]:
    """Outputs of the undisturbed run, filled in by the first test."""
    return {}


@pytest.mark.parametrize(("fault", "stage"), CELLS)
async def test_the_job_ends_once_in_the_same_bytes(made: World, wanted: dict[str, str], fault: str, stage: str) -> None:
    chosen = faults.BY_NAME[fault]
    if not chosen.possible(made):
        pytest.skip("cannot be done on this machine")
    wanted.update(wanted or await undisturbed(made))
    assert (await outcome(made, chosen, stages.BY_NAME[stage], wanted)).objections == ()


def test_nothing_without_an_owner_is_left(made: World) -> None:
    assert orphans(made) == 0
