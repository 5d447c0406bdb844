"""What happens to every public call before and after its servicer: key, validation, errors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status

from kinoform.gateway.auth import ApiKeys
from kinoform.gateway.errors import TABLE, to_status
from kinoform.gateway.validation import Checker

_log = structlog.get_logger("kinoform.gateway")

Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:  # grpc's handlers are generic to type checkers only
    Handler = grpc.RpcMethodHandler[Any, Any]
_PREFIX = "/kinoform."


class Edge(grpc.aio.ServerInterceptor):
    """Wraps all methods of Kinoform's own services. Health and reflection stay as they are."""

    def __init__(self, checker: Checker, keys: ApiKeys | None) -> None:
        self._checker = checker
        self._keys = keys

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """The method's handler, wrapped if the method is one of ours."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_PREFIX):
            return handler
        method = handler_call_details.method
        if handler.unary_unary is not None:
            make, wrapped = grpc.unary_unary_rpc_method_handler, self._unary(handler.unary_unary, method)
        elif handler.unary_stream is not None:
            make, wrapped = grpc.unary_stream_rpc_method_handler, self._streaming(handler.unary_stream, method)
        else:
            make, wrapped = grpc.stream_unary_rpc_method_handler, self._uploading(handler.stream_unary, method)
        return make(wrapped, handler.request_deserializer, handler.response_serializer)

    def _unary(self, inner: Any, method: str) -> Any:
        async def call(request: Message, context: Context) -> Message:
            try:
                self._admit(context)
                self._checker.check(request)
                return await inner(request, context)
            except Exception as error:  # noqa: BLE001 - the last boundary: nothing but a status leaves the server
                await _refuse(error, context, method)

        return call

    def _streaming(self, inner: Any, method: str) -> Any:
        async def call(request: Message, context: Context) -> AsyncIterator[Message]:
            try:
                self._admit(context)
                self._checker.check(request)
                async for response in inner(request, context):
                    yield response
            except Exception as error:  # noqa: BLE001 - the last boundary
                await _refuse(error, context, method)

        return call

    def _uploading(self, inner: Any, method: str) -> Any:
        async def call(requests: AsyncIterator[Message], context: Context) -> Message:
            try:
                self._admit(context)
                return await inner(self._checked(requests), context)
            except Exception as error:  # noqa: BLE001 - the last boundary
                await _refuse(error, context, method)

        return call

    async def _checked(self, requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
        async for request in requests:
            self._checker.check(request)
            yield request

    def _admit(self, context: Context) -> None:
        if self._keys is not None:
            self._keys.check(context.invocation_metadata() or ())


async def _refuse(error: Exception, context: Context, method: str) -> NoReturn:
    if not isinstance(error, tuple(TABLE)):
        _log.exception("call failed", method=method, exc_info=error)
    status = to_status(error)
    await context.abort_with_status(rpc_status.to_status(status))
