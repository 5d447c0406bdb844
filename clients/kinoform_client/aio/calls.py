"""Calls with key, deadline and retries."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from kinoform_client._core.requests import Ticket, moment, new_request_id
from kinoform_client._core.retry import Attempts, RetryPolicy
from kinoform_client.aio.transport import RpcError, Stubs, Unary, error_of, sleep

Request = TypeVar("Request")
Response = TypeVar("Response")


class AsyncCaller:
    """What every part of the client needs to talk to the server."""

    def __init__(
        self, stubs: Stubs, *, project: str, metadata: tuple[tuple[str, str], ...], policy: RetryPolicy
    ) -> None:
        self.stubs = stubs
        self.project = project
        self.metadata = metadata
        self.policy = policy

    def attempts(self, total_s: float) -> Attempts:
        """Fresh attempts, beginning now."""
        return Attempts(self.policy, total_s=total_s, now=time.monotonic(), draw=lambda top: random.uniform(0, top))

    def ticket(
        self,
        request_id: str | None,
        priority: int,
        deadline: datetime | timedelta | None,
        labels: Mapping[str, str] | None,
    ) -> Ticket:
        """Under which name a request is handed in; a fresh one if none is given. Raises InvalidArgumentError."""
        return Ticket(
            project=self.project,
            request_id=request_id or new_request_id(),
            priority=priority,
            deadline=moment(deadline, datetime.now(UTC)),
            labels=labels or {},
        )

    async def call(self, rpc: Unary[Request, Response], request: Request, attempts: Attempts | None = None) -> Response:
        """The response. Every request here may be sent twice, so it is, while that can help. Raises KinoformError."""
        attempts = attempts or self.attempts(self.policy.total_s)
        while True:
            try:
                return await rpc(request, timeout=attempts.begin(time.monotonic()), metadata=self.metadata)
            except RpcError as error:
                failure = error_of(error)
            await sleep(attempts.pause(failure, time.monotonic()))
