"""The peer's conditionings, in memory: each is as far as its job."""

from collections.abc import Iterator
from hashlib import sha256

import grpc
from google.rpc import code_pb2

from kinoform_proto.conditioning.v1 import conditioning_pb2, conditioning_pb2_grpc
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.video.v1 import video_pb2
from tests.kinoform_client.peer_base import abort, not_found, rich_status
from tests.kinoform_client.peer_jobs import ENDED, PeerJobs

_STATES = {
    job_pb2.Job.STATE_SUCCEEDED: conditioning_pb2.Conditioning.STATE_READY,
    job_pb2.Job.STATE_FAILED: conditioning_pb2.Conditioning.STATE_FAILED,
    job_pb2.Job.STATE_CANCELLED: conditioning_pb2.Conditioning.STATE_FAILED,
}


class PeerConditionings(PeerJobs, conditioning_pb2_grpc.ConditioningServiceServicer):
    """ConditioningService."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[conditioning_pb2.CreateConditioningRequest] = []
        """Requests, as they came."""
        self.conditionings: dict[str, conditioning_pb2.Conditioning] = {}

    def CreateConditioning(
        self, request: conditioning_pb2.CreateConditioningRequest, context: grpc.ServicerContext
    ) -> conditioning_pb2.CreateConditioningResponse:
        self.meet("CreateConditioning", context)
        self.asked.append(request)
        fingerprint = sha256(request.spec.SerializeToString(deterministic=True)).hexdigest()
        name = f"{request.parent}/conditionings/{fingerprint}"
        if name not in self.conditionings:
            self.conditionings[name] = self._new(name, fingerprint, request)
        elif self._shown(name).state == conditioning_pb2.Conditioning.STATE_FAILED:
            self.again(self.jobs[self.conditionings[name].job])
        self.lose("CreateConditioning", context)
        return conditioning_pb2.CreateConditioningResponse(conditioning=self._shown(name))

    def GetConditioning(
        self, request: conditioning_pb2.GetConditioningRequest, context: grpc.ServicerContext
    ) -> conditioning_pb2.GetConditioningResponse:
        self.meet("GetConditioning", context)
        self._need(request.name, context)
        return conditioning_pb2.GetConditioningResponse(conditioning=self._shown(request.name))

    def ListConditionings(
        self, request: conditioning_pb2.ListConditioningsRequest, context: grpc.ServicerContext
    ) -> conditioning_pb2.ListConditioningsResponse:
        self.meet("ListConditionings", context)
        names = [name for name in reversed(self.conditionings) if name.startswith(f"{request.parent}/")]
        size, start = request.page_size or 50, int(request.page_token or 0)
        return conditioning_pb2.ListConditioningsResponse(
            conditionings=map(self._shown, names[start : start + size]),
            next_page_token=str(start + size) if start + size < len(names) else "",
        )

    def DeleteConditioning(
        self, request: conditioning_pb2.DeleteConditioningRequest, context: grpc.ServicerContext
    ) -> conditioning_pb2.DeleteConditioningResponse:
        self.meet("DeleteConditioning", context)
        self._need(request.name, context)
        if self._shown(request.name).state == conditioning_pb2.Conditioning.STATE_PREPARING:
            abort(context, rich_status(code_pb2.FAILED_PRECONDITION, f"{request.name} is being prepared"))
        if not request.force and (user := next(self._users(request.name), None)):
            abort(context, rich_status(code_pb2.FAILED_PRECONDITION, f"{request.name} is needed by {user}"))
        del self.conditionings[request.name]
        self.lose("DeleteConditioning", context)
        return conditioning_pb2.DeleteConditioningResponse()

    def _new(
        self, name: str, fingerprint: str, request: conditioning_pb2.CreateConditioningRequest
    ) -> conditioning_pb2.Conditioning:
        settled = conditioning_pb2.CreateConditioningRequest()
        settled.CopyFrom(request)
        if not settled.spec.HasField("max_side"):
            settled.spec.max_side = 1024
        source = settled.spec.footage if settled.spec.HasField("footage") else settled.spec.image
        if source.inline:
            stored = f"{request.parent}/assets/{fingerprint[:32]}"
            source.asset = self.store(source.inline, "image/png", "", stored).name
        job = self.queue(settled, "", settled.spec.WhichOneof("kind") or "")
        made = conditioning_pb2.Conditioning(name=name, spec=settled.spec, job=job, fingerprint=fingerprint)
        made.create_time.FromSeconds(1_800_000_000)
        return made

    def _shown(self, name: str) -> conditioning_pb2.Conditioning:
        shown = conditioning_pb2.Conditioning()
        shown.CopyFrom(self.conditionings[name])
        job = self.jobs[shown.job]
        shown.state = _STATES.get(job.state, conditioning_pb2.Conditioning.STATE_PREPARING)
        shown.outputs.extend(job.outputs)
        if job.HasField("error"):
            shown.error.CopyFrom(job.error)
        return shown

    def _users(self, name: str) -> Iterator[str]:
        for job in self.jobs.values():
            request = video_pb2.GenerateVideoRequest()
            if job.state not in ENDED and job.request.Unpack(request) and request.spec.image.conditioning == name:
                yield job.name

    def _need(self, name: str, context: grpc.ServicerContext) -> None:
        if name not in self.conditionings:
            abort(context, not_found(name))
