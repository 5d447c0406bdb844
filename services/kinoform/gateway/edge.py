"""What happens to every public call before and after its servicer: access, validation, errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from kinoform.gateway.access.credentials import shown_by
from kinoform.gateway.access.guard import Call, Guard
from kinoform.gateway.access.rules import RULES
from kinoform.gateway.errors import TABLE, BadRequest, Violation, to_status

_log = structlog.get_logger("kinoform.gateway")

Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:  # grpc's handlers are generic to type checkers only
    Handler = grpc.RpcMethodHandler[Any, Any]
OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.")
"""What anybody may call."""


class Unreadable:
    """Stands for a request whose bytes are no message."""


class Edge(grpc.aio.ServerInterceptor):
    """Wraps all methods but those of health and reflection."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """The method's handler, wrapped unless anybody may call it."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(OPEN):
            return handler
        if handler.unary_unary is not None:
            make, wrapped = grpc.unary_unary_rpc_method_handler, self._unary(handler.unary_unary, method)
        elif handler.unary_stream is not None:
            make, wrapped = grpc.unary_stream_rpc_method_handler, self._streaming(handler.unary_stream, method)
        elif handler.stream_unary is not None:
            make, wrapped = grpc.stream_unary_rpc_method_handler, self._uploading(handler.stream_unary, method)
        else:
            return None  # nothing here is judged that way: it is as if it were not there
        assert handler.request_deserializer is not None  # the generated servicers have one
        return make(wrapped, _tolerant(handler.request_deserializer), handler.response_serializer)

    def _unary(self, inner: Any, method: str) -> Any:
        waits = method in RULES and RULES[method].waits

        async def call(request: Message | Unreadable, context: Context) -> Message:
            async with _Passage(self._guard, method, context) as passing:
                await passing.admit(_readable(request))
                work = inner(request, context)
                return await (passing.attend(work) if waits else work)

        return call

    def _streaming(self, inner: Any, method: str) -> Any:
        async def call(request: Message | Unreadable, context: Context) -> AsyncIterator[Message]:
            async with _Passage(self._guard, method, context) as passing:
                await passing.admit(_readable(request))
                async with aclosing(passing.attend_all(inner(request, context))) as responses:
                    async for response in responses:
                        yield response

        return call

    def _uploading(self, inner: Any, method: str) -> Any:
        async def call(requests: AsyncIterator[Message | Unreadable], context: Context) -> Message:
            async with _Passage(self._guard, method, context) as passing:
                await passing.enter()
                return await inner(self._checked(requests, passing), context)

        return call

    async def _checked(self, requests: AsyncIterator[Message | Unreadable], passing: Call) -> AsyncIterator[Message]:
        clock = asyncio.get_running_loop().time
        due: float | None = None
        async for given in requests:
            request = _readable(given)
            if due is None:
                await passing.admit(request)
                due = clock() + self._guard.recheck_s
            else:
                passing.follow(request)
            if clock() >= due:
                await passing.again()
                due = clock() + self._guard.recheck_s
            yield request


def _tolerant(deserialize: Callable[[bytes], Message]) -> Callable[[bytes], Message | Unreadable]:
    """gRPC would answer UNKNOWN, with the library's own words."""

    def read(data: bytes) -> Message | Unreadable:
        try:
            return deserialize(data)
        except DecodeError:
            return Unreadable()

    return read


def _readable(request: Message | Unreadable) -> Message:
    """The message. Raises BadRequest if it is none."""
    if isinstance(request, Unreadable):
        raise BadRequest([Violation("request", "its bytes are no message of this type")])
    return request


class _Passage:
    """A call within its guard: whatever it ends with is written down, and turned into a status."""

    def __init__(self, guard: Guard, method: str, context: Context) -> None:
        self._context = context
        # The peer is asked for now: gRPC has none once the call is over.
        self._call = guard.call(method, shown_by(context), context.peer())

    async def __aenter__(self) -> Call:
        return self._call

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # Shielded: the log learns of the end of a call whose caller has gone, too.
        await asyncio.shield(self._call.close(error))
        if isinstance(error, Exception):
            await _refuse(error, self._context, self._call.method)


async def _refuse(error: Exception, context: Context, method: str) -> NoReturn:
    if not isinstance(error, tuple(TABLE)):
        _log.exception("call failed", method=method, exc_info=error)
    status = to_status(error)
    await context.abort_with_status(rpc_status.to_status(status))
