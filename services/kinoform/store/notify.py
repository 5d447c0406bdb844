"""Wakes those who wait for news of a job or of the queue, as soon as the news is committed."""

import asyncio
import threading
import uuid
from collections import defaultdict
from collections.abc import Collection
from types import TracebackType
from typing import Protocol, Self

import sqlalchemy as sa

QUEUE = ""
"""Topic of the dispatchers. Every other topic is a job's name."""


class Watcher(Protocol):
    """Learns of the commits of other processes, and wakes ours."""

    def announce(self, connection: sa.Connection, topics: Collection[str]) -> None:
        """Tell the others, inside the transaction that made the news."""

    def start(self, notifier: "Notifier") -> None:
        """Begin to watch."""

    def stop(self) -> None:
        """Stop watching, and return when nothing runs any more."""


class Notifier:
    """Topics, and who waits for them. All methods may be called from any thread."""

    def __init__(self, watcher: Watcher) -> None:
        self.instance = uuid.uuid4().hex
        self._watcher = watcher
        self._lock = threading.Lock()
        self._subscriptions: dict[str, set[Subscription]] = defaultdict(set)

    def subscribe(self, job: str) -> "Subscription":
        """Wait for news of a job: new events, a cancel request. Subscribe first, then read, then wait.

        Call it in the event loop that waits, and use the subscription as a context manager.
        """
        return Subscription(self, job, asyncio.get_running_loop())

    def subscribe_queue(self) -> "Subscription":
        """Wait for news of the queue: a job to lease, a job that was cancelled or has ended."""
        return self.subscribe(QUEUE)

    def start(self) -> None:
        """Begin to hear of other processes' commits."""
        self._watcher.start(self)

    def close(self) -> None:
        """Stop hearing of other processes."""
        self._watcher.stop()

    def announce(self, connection: sa.Connection, topics: Collection[str]) -> None:
        """Tell other processes, inside the transaction that made the news."""
        self._watcher.announce(connection, topics)

    def wake(self, topics: Collection[str]) -> None:
        """Wake this process's subscribers, once the news is committed."""
        with self._lock:
            woken = [each for topic in topics for each in self._subscriptions.get(topic, ())]
        for subscription in woken:
            subscription.wake()

    def topics(self) -> list[str]:
        """Topics that someone of this process waits for."""
        with self._lock:
            return list(self._subscriptions)

    def add(self, subscription: "Subscription") -> None:
        """Begin to wake a subscription."""
        with self._lock:
            self._subscriptions[subscription.topic].add(subscription)

    def remove(self, subscription: "Subscription") -> None:
        """Wake a subscription no more."""
        with self._lock:
            self._subscriptions[subscription.topic].discard(subscription)
            if not self._subscriptions[subscription.topic]:
                del self._subscriptions[subscription.topic]


class Subscription:
    """One waiter. News that comes between two waits is kept, as one; a wake without news may happen."""

    def __init__(self, notifier: Notifier, topic: str, loop: asyncio.AbstractEventLoop) -> None:
        self.topic = topic
        self._notifier = notifier
        self._loop = loop
        self._news = asyncio.Event()

    async def wait(self) -> None:
        """Return at the first news since the last return, or since the subscription began."""
        await self._news.wait()
        self._news.clear()

    def wake(self) -> None:
        """Let the waiter go on. May be called from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # the loop closed while its waiter was still subscribed: nobody waits
            self._notifier.remove(self)

    def __enter__(self) -> Self:
        self._notifier.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._notifier.remove(self)
