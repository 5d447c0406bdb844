"""Watchers are woken by the commit, in their own process and in others."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from kinoform.store.notify import Subscription
from kinoform.store.open import Store, open_store
from kinoform.store.records import JobUpdate
from tests.store.samples import lease, name_of, news, submit


async def sleeps_on(subscription: Subscription) -> bool:
    try:
        await asyncio.wait_for(subscription.wait(), 0.5)
    except TimeoutError:
        return True
    return False


async def settle(subscription: Subscription) -> None:
    """Let old news pass, and the watcher's first look, which may wake once without news."""
    while not await sleeps_on(subscription):
        pass


@pytest.fixture
def elsewhere(url: str, store: Store) -> Iterator[Store]:
    """The same store as another process sees it: nothing is shared with `store` but the database."""
    other = open_store(url)
    yield other
    other.close()


async def test_a_watcher_is_woken_by_the_event(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    with store.notifier.subscribe(name_of(1)) as job, store.notifier.subscribe(name_of(2)) as other:
        await settle(job)
        await settle(other)
        # A thread of its own, so that nothing else rouses the event loop.
        writer = threading.Timer(0.2, store.leases.append_event, [held, news], {"now": 1})
        begun = time.perf_counter()
        writer.start()
        await asyncio.wait_for(job.wait(), 20)
        assert time.perf_counter() - begun < 10
        writer.join()
        assert await sleeps_on(other)


async def test_news_between_two_waits_are_not_lost(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    with store.notifier.subscribe(name_of(1)) as job:
        await asyncio.to_thread(store.leases.append_event, held, news, now=1)
        await asyncio.wait_for(job.wait(), 20)


async def test_nothing_is_told_of_what_was_rolled_back(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease

    def broken(sequence: int) -> bytes:
        raise RuntimeError(sequence)

    with store.notifier.subscribe(name_of(1)) as job:
        await settle(job)
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(store.leases.append_event, held, broken, now=1)
        assert await sleeps_on(job)


async def test_a_dispatcher_is_not_woken_by_progress(store: Store, elsewhere: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    for observer in (store, elsewhere):
        with observer.notifier.subscribe_queue() as queue:
            await settle(queue)
            await asyncio.to_thread(store.leases.append_event, held, news, now=1, update=JobUpdate(step=1))
            assert await sleeps_on(queue)


async def test_other_processes_watchers_and_dispatchers_are_woken(store: Store, elsewhere: Store) -> None:
    with elsewhere.notifier.subscribe_queue() as queue:
        await asyncio.sleep(0.2)
        await asyncio.to_thread(submit, store, 1)
        await asyncio.wait_for(queue.wait(), 20)
    held = (await asyncio.to_thread(lease, store)).lease
    with elsewhere.notifier.subscribe(name_of(1)) as job:
        for step in range(1, 4):
            await asyncio.to_thread(store.leases.append_event, held, news, now=step, update=JobUpdate(step=step))
            while elsewhere.jobs.get(name_of(1)).status.step < step:
                await asyncio.wait_for(job.wait(), 20)
        await asyncio.to_thread(store.jobs.cancel, name_of(1), now=9, event=news)
        while not elsewhere.jobs.get(name_of(1)).status.cancel_requested:
            await asyncio.wait_for(job.wait(), 20)


async def test_a_watcher_that_reads_when_woken_misses_nothing(store: Store, elsewhere: Store) -> None:
    submit(store, 1)
    held = lease(store).lease

    def write() -> None:
        for step in range(30):
            store.leases.append_event(held, news, now=step)

    writer = threading.Thread(target=write)
    seen: list[int] = []
    with elsewhere.notifier.subscribe(name_of(1)) as job:
        writer.start()
        while len(seen) < 31:
            seen += [event.sequence for event in elsewhere.events.after(name_of(1), len(seen))]
            if len(seen) < 31:
                await asyncio.wait_for(job.wait(), 20)
    writer.join()
    assert seen == list(range(1, 32))


async def test_nobody_waits_after_the_subscription_ends(store: Store) -> None:
    with store.notifier.subscribe(name_of(1)), store.notifier.subscribe(name_of(1)):
        assert store.notifier.topics() == [name_of(1)]
    assert store.notifier.topics() == []


def test_closing_leaves_no_thread(url: str) -> None:
    before = set(threading.enumerate())
    open_store(url).close()
    assert set(threading.enumerate()) <= before
