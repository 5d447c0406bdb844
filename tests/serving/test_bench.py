"""Work in processes of its own: told apart from its crashes, and gone when nobody wants it any more."""

import asyncio

import psutil
import pytest

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.errors import WorkerDied
from kinoform.serving.bench import Benches
from tests.serving import pieces


async def test_work_comes_back_and_its_process_is_used_again() -> None:
    benches = Benches()
    async with benches.taken() as bench:
        first = await bench.run(pieces.process)
        assert await bench.run(pieces.added, 2, 3) == 5
        assert [number async for number in bench.each(pieces.counted, 3)] == [0, 1, 2]
        assert await bench.run(pieces.printed) == "signal"
        with pytest.raises(MediaCorrupt, match="no good"):
            await bench.run(pieces.refused)
    async with benches.taken() as bench:
        assert await bench.run(pieces.process) == first
        assert "torch" not in await bench.run(pieces.loaded)
    benches.close()
    assert not psutil.pid_exists(first)


async def test_a_crash_is_an_error_of_its_own_job_only() -> None:
    benches = Benches()
    async with benches.taken() as healthy, benches.taken() as bench:
        with pytest.raises(WorkerDied, match="-11"):
            await bench.run(pieces.crashed)
        assert await healthy.run(pieces.added, 2, 3) == 5
    async with benches.taken() as bench:
        assert await bench.run(pieces.added, 2, 3) == 5
    benches.close()


async def test_cancelled_work_ends_with_its_process() -> None:
    benches = Benches()
    process = asyncio.get_running_loop().create_future()

    async def sleep() -> None:
        async with benches.taken() as bench:
            process.set_result(await bench.run(pieces.process))
            await bench.run(pieces.slept)

    sleeping = asyncio.create_task(sleep())
    number = await process
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert not psutil.pid_exists(number)
    benches.close()
