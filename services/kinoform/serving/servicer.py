"""The face of the generation services: decode, call, encode. Ray's deployments and plain gRPC share `run`."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

import grpc

from kinoform.serving.convert import commands_from_proto, event_to_proto, start_from_proto
from kinoform.serving.errors import BadStart, WrongToken
from kinoform.serving.messages import Failed
from kinoform.serving.service import AnyService
from kinoform_proto.engine.v1.engine_pb2 import RunRequest, RunResponse
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceServicer

APPLICATION = "application"
"""Metadata of a call that names the service it is for, as Ray Serve has it."""


async def run(service: AnyService, requests: AsyncIterator[RunRequest]) -> AsyncGenerator[RunResponse, None]:
    """One job's stream. Every error ends it as a `failed` event: a status would be lost or carry a traceback."""
    first = await anext(requests, RunRequest())
    # Before anything that came with it is looked at: a stranger reaches no decoder.
    if first.HasField("start") and not service.trusts(first.start.token):
        yield event_to_proto(Failed(WrongToken()))
        return
    try:
        start = start_from_proto(first, service.trade.read)
    except BadStart as error:
        yield event_to_proto(Failed(error))
        return
    async with aclosing(service.run(start, commands_from_proto(requests))) as events:
        async for event in events:
            yield event_to_proto(event)


class EngineServicer(EngineServiceServicer):
    """`EngineService` on a plain gRPC server, for several services in one process."""

    def __init__(self, services: Mapping[str, AnyService]) -> None:
        """services: by application; may be filled until the server starts."""
        self._services = services

    async def Run(
        self, request_iterator: AsyncIterator[RunRequest], context: grpc.aio.ServicerContext[RunRequest, RunResponse]
    ) -> AsyncIterator[RunResponse]:
        """See `run`. NOT_FOUND for an application that is not served here, as Ray Serve answers."""
        application = str(dict(context.invocation_metadata() or ()).get(APPLICATION, ""))
        if application not in self._services:
            served = ", ".join(sorted(self._services))
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no application {application!r}; there are: {served}")
        async with aclosing(run(self._services[application], request_iterator)) as responses:
            async for response in responses:
                yield response
