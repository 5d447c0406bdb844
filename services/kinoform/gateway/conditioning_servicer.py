"""ConditioningService: decodes, calls, encodes."""

import asyncio
import logging
import time

from kinoform.gateway import tokens
from kinoform.gateway.conditioning_room import ConditioningRoom
from kinoform.gateway.conditionings import Conditionings, conditioning_to_proto
from kinoform.gateway.edge import Context
from kinoform.gateway.errors import ShuttingDown
from kinoform.gateway.jobs import DEFAULT_PAGE, LARGEST_PAGE
from kinoform.store.errors import StoreError
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from kinoform_proto.conditioning.v1 import conditioning_pb2_grpc

REST = 20
"""Time between two searches for what is to be forgotten, over that which one takes."""
_log = logging.getLogger(__name__)


class ConditioningServicer(conditioning_pb2_grpc.ConditioningServiceServicer):
    """Takes requests until the gateway drains."""

    def __init__(self, conditionings: Conditionings, room: ConditioningRoom, draining: asyncio.Event) -> None:
        self._conditionings = conditionings
        self._room = room
        self._draining = draining
        self._crowded: set[str] = set()
        """Projects in which something is prepared for which there may be no room."""
        self._clearing: dict[str, asyncio.Task[None]] = {}
        """By project."""

    async def CreateConditioning(
        self, request: pb.CreateConditioningRequest, context: Context
    ) -> pb.CreateConditioningResponse:
        """The conditioning, new or of an equal request."""
        if self._draining.is_set():
            raise ShuttingDown
        record = await asyncio.to_thread(self._conditionings.create, request)
        if not record.state.terminal:
            self._make_room(record.submission.project)
        return pb.CreateConditioningResponse(conditioning=conditioning_to_proto(record))

    async def GetConditioning(self, request: pb.GetConditioningRequest, context: Context) -> pb.GetConditioningResponse:
        """As it stands now."""
        record = await asyncio.to_thread(self._conditionings.conditions.get, request.name)
        return pb.GetConditioningResponse(conditioning=conditioning_to_proto(record))

    async def ListConditionings(
        self, request: pb.ListConditioningsRequest, context: Context
    ) -> pb.ListConditioningsResponse:
        """A page of a project's."""
        listing = tokens.fingerprint("conditionings", request.parent)
        records, following = await asyncio.to_thread(
            self._conditionings.page,
            request.parent.removeprefix("projects/"),
            page_size=min(request.page_size or DEFAULT_PAGE, LARGEST_PAGE),
            after=tokens.decode(request.page_token, listing),
        )
        shown = [conditioning_to_proto(record) for record in records]
        return pb.ListConditioningsResponse(conditionings=shown, next_page_token=tokens.encode(following, listing))

    async def DeleteConditioning(
        self, request: pb.DeleteConditioningRequest, context: Context
    ) -> pb.DeleteConditioningResponse:
        """Forget it and its files."""
        await asyncio.to_thread(self._conditionings.delete, request.name, force=request.force)
        return pb.DeleteConditioningResponse()

    def _make_room(self, project: str) -> None:
        """For what is being prepared, beside everything else: nobody waits for it."""
        self._crowded.add(project)
        running = self._clearing.get(project)
        if running is None or running.done():
            self._clearing[project] = asyncio.create_task(self._clear(project))

    async def _clear(self, project: str) -> None:
        """As long as more is prepared, but for a small part of the time: a project may have very many."""
        while project in self._crowded:
            self._crowded.discard(project)
            begun = time.monotonic()
            try:
                await asyncio.to_thread(self._room.clear, project)
            except StoreError as error:
                _log.warning("%s: conditionings beyond its share stay for now: %s", project, error)
            await asyncio.sleep(REST * (time.monotonic() - begun))
