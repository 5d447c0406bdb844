"""Asking the parts of the suite whether they would serve a request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kinoform_proto.engine.v1.engine_pb2 import RunRequest
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceStub

if TYPE_CHECKING:
    from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceAsyncStub

Condition = Callable[[str], Awaitable[bool]]
"""Asks at an address."""

_ENGINE_ANSWERS_S = 300.0
"""Long: a request waits within Serve until the first replica is up, and one that gives up leaves noise in its logs."""
_ANSWER_S = 5.0
_PAUSE_S = 0.1


async def engine_answers(address: str, application: str) -> bool:
    """Whether the application behind `address` answers; it is sent an empty command, which it refuses."""
    async with grpc.aio.insecure_channel(address) as channel:
        # Two classes to the type checker, one at run time.
        stub = cast("EngineServiceAsyncStub", EngineServiceStub(channel))
        call = stub.Run(_nothing(), metadata=(("application", application),), timeout=_ENGINE_ANSWERS_S)
        try:
            response = await anext(aiter(call), None)
        except grpc.aio.AioRpcError:
            return False
    return response is not None and response.WhichOneof("event") == "failed"


def all_answer(applications: Sequence[str]) -> Condition:
    """Whether every one of the applications does."""

    async def answer(address: str) -> bool:
        return all(await asyncio.gather(*(engine_answers(address, each) for each in applications)))

    return answer


async def gateway_serves(address: str) -> bool:
    """Whether the gateway at `address` calls itself SERVING (grpc.health.v1)."""
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_S)
        except grpc.aio.AioRpcError:
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


async def until(condition: Condition, address: str) -> None:
    """Asks again and again."""
    while True:
        if await condition(address):
            return
        await asyncio.sleep(_PAUSE_S)


async def _nothing() -> AsyncIterator[RunRequest]:
    yield RunRequest()
