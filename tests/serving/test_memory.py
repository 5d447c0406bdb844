"""What states may take: a part of what machine and container leave."""

from pathlib import Path

import pytest

from kinoform.serving.memory import SHARE, state_budget

needs_no_accelerator = pytest.mark.skipif("__import__('torch').accelerator.is_available()")


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    4000 kB\nHugePages_Total:       0\n"}
GROUP = {"sys/fs/cgroup/memory.max": "3000000\n", "sys/fs/cgroup/memory.current": "1000000\n"}


@needs_no_accelerator
@pytest.mark.parametrize(
    ("files", "free"),
    [
        (MEMINFO, 4_096_000),
        (MEMINFO | GROUP, 2_000_000),
        (MEMINFO | GROUP | {"sys/fs/cgroup/memory.max": "max\n"}, 4_096_000),
        (GROUP | {"sys/fs/cgroup/memory.current": "4000000\n"}, 0),
    ],
    ids=["machine", "container", "container without a limit", "container beyond its limit"],
)
def test_a_part_of_what_is_free_is_for_states(tmp_path: Path, files: dict[str, str], free: int) -> None:
    assert state_budget(machine(tmp_path, files)) == int(SHARE * free)


@needs_no_accelerator
def test_where_nobody_says_what_is_free_there_is_no_bound(tmp_path: Path) -> None:
    assert state_budget(tmp_path) is None
    assert (state_budget() or 1) > 0
