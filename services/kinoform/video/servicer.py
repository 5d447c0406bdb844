"""The face of the video service: decode, call, encode. Ray's deployment and plain gRPC share `run`."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import grpc

from kinoform.video.convert import commands_from_proto, event_to_proto, start_from_proto
from kinoform.video.errors import BadStart
from kinoform.video.messages import Failed
from kinoform.video.service import VideoService
from kinoform_proto.engine.v1.engine_pb2 import RunRequest, RunResponse
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceServicer


async def run(service: VideoService, requests: AsyncIterator[RunRequest]) -> AsyncGenerator[RunResponse, None]:
    """One job's stream. Every error ends it as a `failed` event: a status would be lost or carry a traceback."""
    try:
        start = start_from_proto(await anext(requests, RunRequest()))
    except BadStart as error:
        yield event_to_proto(Failed(error))
        return
    async with aclosing(service.run(start, commands_from_proto(requests))) as events:
        async for event in events:
            yield event_to_proto(event)


class VideoServicer(EngineServiceServicer):
    """`EngineService` on a plain gRPC server."""

    def __init__(self, service: VideoService) -> None:
        self._service = service

    async def Run(
        self, request_iterator: AsyncIterator[RunRequest], context: grpc.aio.ServicerContext[RunRequest, RunResponse]
    ) -> AsyncIterator[RunResponse]:
        """See `run`."""
        async with aclosing(run(self._service, request_iterator)) as responses:
            async for response in responses:
                yield response
