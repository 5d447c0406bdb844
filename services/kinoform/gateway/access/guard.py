"""The one place that decides whether a call goes through."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from google.protobuf.message import Message
from google.rpc import code_pb2

from kinoform.gateway.access.auditor import BEGUN, Auditor
from kinoform.gateway.access.authenticator import Authenticator
from kinoform.gateway.access.credentials import Credentials
from kinoform.gateway.access.principal import Principal
from kinoform.gateway.access.rates import Rates
from kinoform.gateway.access.rules import RULES, Rule
from kinoform.gateway.access.scope import Opaque, project_of, projects_named, sound_name
from kinoform.gateway.errors import PermissionDenied, Unauthenticated, to_status
from kinoform.gateway.validation import Checker
from kinoform.store.audit import Act
from kinoform.store.errors import QuotaExceeded

T = TypeVar("T")
_AUDITED_REFUSALS = (Unauthenticated, PermissionDenied, QuotaExceeded)
"""Of calls that change nothing; of those that do, every refusal is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What all calls share."""

    authenticator: Authenticator
    rates: Rates
    auditor: Auditor
    checker: Checker
    now_us: Callable[[], int]
    recheck_s: float
    """How often the caller of a long call is judged again."""

    def call(self, method: str, shown: Credentials, peer: str) -> "Call":
        """A call that has just come in. method: `/kinoform.job.v1.JobService/GetJob`."""
        return Call(self, method, shown, peer)

    async def close(self) -> None:
        """Wait for what is being written."""
        await self.authenticator.keyring.close()
        await self.auditor.close()


@dataclass(slots=True)
class Call:
    """One call on its way in, through and out. `admit`, then `attend` what it does, then `close`."""

    guard: Guard
    method: str
    shown: Credentials
    peer: str
    principal: Principal | None = None
    projects: set[str] = field(default_factory=set)
    resource: str = ""
    request_id: str = ""
    intent: str = ""
    """Set once the audit log says that it has begun."""

    async def enter(self) -> Rule:
        """Who calls, and may he call this at all? Raises Unauthenticated, PermissionDenied, StoreUnavailable."""
        self.principal = await self.guard.authenticator.principal(self.shown)
        rule = RULES.get(self.method)
        if rule is None:
            raise PermissionDenied("no rule allows this method")
        if self.principal.role.rank < rule.needs.rank:
            raise PermissionDenied(f"a {self.principal.role} may not do this; it needs a {rule.needs}")
        return rule

    async def admit(self, request: Message) -> None:
        """Let the first message in, or raise: what `enter` raises, QuotaExceeded, BadRequest, AuditUnwritten.

        The project is judged before anything is looked up: what does not exist there and what does look the same.
        """
        rule = await self.enter()
        assert self.principal is not None
        anchor = str(getattr(request, rule.anchor)) if rule.anchor else ""
        self.resource = sound_name(anchor)
        project = project_of(anchor)
        if rule.anchor and project is None:
            self.guard.checker.check(request)  # says what is wrong with the name
            raise PermissionDenied(f"{rule.anchor} names no project")
        self._within(request)
        await self.guard.rates.count(self.principal, project or "")
        self.guard.checker.check(request)
        if rule.mutates:
            self.request_id = str(getattr(request, "request_id", ""))
            intent = uuid.uuid4().hex
            await self.guard.auditor.begun(self._act(BEGUN, intent))
            self.intent = intent

    def follow(self, request: Message) -> None:
        """Let a later message of a stream in. Raises PermissionDenied, BadRequest."""
        self._within(request)
        self.guard.checker.check(request)

    async def again(self) -> None:
        """Judge the caller again. Raises Unauthenticated, PermissionDenied, StoreUnavailable."""
        await self.enter()
        self._demand(self.projects)

    async def attend(self, work: Awaitable[T]) -> T:
        """The result of something that may take long; cut short when the caller may be here no more."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=self.guard.recheck_s)
                if not task.done():
                    await self.again()
            return task.result()
        finally:
            await _dropped(task)

    async def attend_all(self, source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """All that a stream gives, until the caller may be here no more."""
        clock = asyncio.get_running_loop().time
        due = clock() + self.guard.recheck_s
        ended = object()
        while True:
            coming: asyncio.Future[T | object] = asyncio.ensure_future(anext(source, ended))
            try:
                while not coming.done() or clock() >= due:
                    await asyncio.wait({coming}, timeout=max(0.0, due - clock()))
                    if clock() >= due:
                        await self.again()
                        due = clock() + self.guard.recheck_s
                item = coming.result()
            finally:
                await _dropped(coming)
            if item is ended:
                return
            yield item  # type: ignore[misc]

    async def close(self, error: BaseException | None) -> None:
        """Write how it ended. error: what it ended with, None for a good end."""
        outcome = "OK" if error is None else _outcome(error)
        if self.intent:
            await self.guard.auditor.ended(self._act(outcome, self.intent))
        elif error is not None and self._is_refusal(error):
            await self.guard.auditor.refused(self._act(outcome, ""), _host(self.peer))

    def _is_refusal(self, error: BaseException) -> bool:
        rule = RULES.get(self.method)
        return isinstance(error, _AUDITED_REFUSALS) or (
            isinstance(error, Exception) and rule is not None and rule.mutates
        )

    def _within(self, request: Message) -> None:
        try:
            named = projects_named(request)
        except Opaque as error:
            raise PermissionDenied(f"{error} can't be judged") from error
        self._demand(named)
        self.projects |= named

    def _demand(self, projects: Collection[str]) -> None:
        assert self.principal is not None
        # The error names no project: it says no more than that the caller may not be there.
        if not all(self.principal.may_enter(project) for project in projects):
            raise PermissionDenied("a project that this key or token does not open is named")

    def _act(self, outcome: str, intent: str) -> Act:
        principal = self.principal
        return Act(
            at=self.guard.now_us(),
            principal="" if principal is None else principal.name,
            key_id="" if principal is None else principal.key_id,
            method=self.method,
            resource=self.resource,
            outcome=outcome,
            request_id=self.request_id,
            peer=self.peer,
            intent=intent,
        )


async def _dropped(task: "asyncio.Future[T]") -> None:
    """Cancel it unless it has ended; its end is awaited, so that nothing runs on unseen."""
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


def _outcome(error: BaseException) -> str:
    return code_pb2.Code.Name(to_status(error).code) if isinstance(error, Exception) else "CANCELLED"


def _host(peer: str) -> str:
    return peer.rpartition(":")[0]
