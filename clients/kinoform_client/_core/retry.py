"""When to try again, and after how long. No clock and no chance of its own: both come in as arguments."""

from collections.abc import Callable
from dataclasses import dataclass

from kinoform_client.errors import DeadlineError, ErrorDetails, KinoformError, ResourceExhaustedError, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient the client is. Times in seconds."""

    total_s: float = 30.0
    """One call: all its attempts and the pauses between them."""
    patience_s: float = 120.0
    """A watch, a wait or a transfer: how long it goes on without a sign of the server."""
    first_pause_s: float = 0.1
    longest_pause_s: float = 2.0


class Attempts:
    """The attempts of one call, or of one stream between two signs of life.

    Pauses have full jitter: each is drawn evenly between 0 and a ceiling that doubles. A pause that the server names is
    kept, and the drawn one comes on top, so that not everybody returns at once.
    """

    def __init__(self, policy: RetryPolicy, *, total_s: float, now: float, draw: Callable[[float], float]) -> None:
        self._policy = policy
        self._total_s = total_s
        self._draw = draw
        self.made = 0
        self._failed = 0
        self._last: KinoformError | None = None
        self._deadline = now + total_s

    def begin(self, now: float) -> float:
        """Counts an attempt and says how many seconds it may take. Raises when none are left."""
        left = self._deadline - now
        if left <= 0 and self._last is not None:
            raise self._last
        if left <= 0:
            raise DeadlineError(f"no answer within {self._total_s:g} s", ErrorDetails(code="DEADLINE_EXCEEDED"))
        self.made += 1
        return left

    def pause(self, error: KinoformError, now: float) -> float:
        """Seconds to wait before the next attempt. Raises the error when another try is no use or comes too late."""
        named = error.details.retry_after
        if not isinstance(error, UnavailableError) and not (isinstance(error, ResourceExhaustedError) and named):
            raise error
        ceiling = self._policy.first_pause_s * 2.0**self._failed
        seconds = self._draw(min(ceiling, self._policy.longest_pause_s))
        if named is not None:
            seconds += named.total_seconds()
        self._last = error
        self._failed = min(self._failed + 1, 32)
        if now + seconds >= self._deadline:
            raise error
        return seconds
