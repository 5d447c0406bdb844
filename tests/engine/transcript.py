"""A listener that writes everything down."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from kinoform.engine.events import Denoised, Failed, Released

E = TypeVar("E")


class Transcript:
    """Events of one job, in order; `then` is called after each, in the engine's thread."""

    def __init__(self, then: Callable[[Any], None] | None = None) -> None:
        self.events: list[Any] = []
        self._then = then
        self._ended = threading.Event()

    def __call__(self, event: Any) -> None:
        assert not self._ended.is_set(), f"{event} after the last event"
        self.events.append(event)
        if self._then is not None:
            self._then(event)
        if isinstance(event, Denoised | Failed | Released):
            self._ended.set()

    def last(self) -> Any:
        """Waits for the last event."""
        assert self._ended.wait(60), f"no end after {self.events[-3:]}"
        return self.events[-1]

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]
