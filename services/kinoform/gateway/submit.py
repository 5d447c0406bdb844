"""Takes requests for new jobs: resolves, checks, stores. Nothing of a refused request stays."""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from google.protobuf import any_pb2

from kinoform.gateway import convert, resolve
from kinoform.gateway.edge import Context
from kinoform.gateway.errors import BadRequest, ShuttingDown
from kinoform.gateway.pictures import Pictures
from kinoform.models.card import VideoCard
from kinoform.models.vocabulary import outside_vocabulary
from kinoform.store.errors import RequestIdReused
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobRecord, JobState, PayloadFactory, RequestKey, Submission
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc

KIND = "video"
"""`Submission.kind` of clips, and the name of the application that makes them."""


@dataclass(frozen=True, slots=True)
class Submitter:
    """Turns a valid request into a queued job."""

    jobs: Jobs
    pictures: Pictures
    resolver: resolve.Resolver
    clock: Callable[[], int]
    """Microseconds since 1970, UTC."""

    def video(self, request: video_pb2.GenerateVideoRequest) -> JobRecord:
        """Queue a clip, or find the job that the same request made before.

        Raises BadRequest with every bad field, RequestIdReused, NotFound.
        """
        project = request.parent.removeprefix("projects/")
        key = _request_key(request)
        # Looked up before anything is checked: a picture deleted since does not refuse the same request sent again.
        before = self.jobs.find_request(project, key.id)
        if before is not None:
            return _same(before, key)
        card = self.resolver.card(request.spec)
        spec = self._checked(request.spec, card, project)
        submission = self._submission(request, spec, card, key)
        record, _ = self.jobs.create(submission, list(_first_events(submission)))
        return record

    def _checked(self, asked: video_pb2.VideoSpec, card: VideoCard, project: str) -> video_pb2.VideoSpec:
        spec = self.resolver.resolve(asked, card)
        found = list(resolve.violations(spec, card))
        if spec.HasField("image") and card.image_input:
            found += self.pictures.violations(spec.image, project)
        if found:
            raise BadRequest(found)
        if spec.image.WhichOneof("source") == "inline":
            spec.image.asset = self.pictures.store(spec.image.inline, project)
        return spec

    def _submission(
        self, request: video_pb2.GenerateVideoRequest, spec: video_pb2.VideoSpec, card: VideoCard, key: RequestKey
    ) -> Submission:
        resolved = video_pb2.GenerateVideoRequest(
            parent=request.parent, spec=spec, priority=request.priority, labels=request.labels
        )
        packed = any_pb2.Any()
        packed.Pack(resolved, deterministic=True)
        return Submission(
            name=f"{request.parent}/jobs/{uuid.uuid4()}",
            project=request.parent.removeprefix("projects/"),
            kind=KIND,
            model=card.name,
            request=packed.SerializeToString(deterministic=True),
            request_type=resolved.DESCRIPTOR.full_name,
            request_key=key,
            created_at=self.clock(),
            priority=request.priority,
            labels=dict(request.labels),
            warnings=tuple(_warnings(spec, card)),
        )


class VideoServicer(video_pb2_grpc.VideoServiceServicer):
    """VideoService."""

    def __init__(self, submitter: Submitter, draining: asyncio.Event) -> None:
        self._submitter = submitter
        self._draining = draining

    async def GenerateVideo(
        self, request: video_pb2.GenerateVideoRequest, context: Context
    ) -> video_pb2.GenerateVideoResponse:
        """Queue a clip."""
        if self._draining.is_set():
            raise ShuttingDown
        record = await asyncio.to_thread(self._submitter.video, request)
        return video_pb2.GenerateVideoResponse(job=convert.job_to_proto(record))


def _request_key(request: video_pb2.GenerateVideoRequest) -> RequestKey:
    body = video_pb2.GenerateVideoRequest()
    body.CopyFrom(request)
    body.ClearField("request_id")
    digest = hashlib.sha256(body.SerializeToString(deterministic=True)).hexdigest()
    return RequestKey(id=request.request_id.lower(), fingerprint=f"{body.DESCRIPTOR.full_name}:{digest}")


def _same(before: JobRecord, key: RequestKey) -> JobRecord:
    if before.submission.request_key.fingerprint != key.fingerprint:
        raise RequestIdReused(key.id, before.name)
    return before


def _warnings(spec: video_pb2.VideoSpec, card: VideoCard) -> Iterable[str]:
    if card.vocabulary is None:
        return
    unknown = outside_vocabulary(spec.prompt.text, card.vocabulary.phrases())
    if unknown:
        yield f"outside the vocabulary of {card.name}, which may not show it: {', '.join(unknown)}"


def _first_events(submission: Submission) -> Iterable[PayloadFactory]:
    at = submission.created_at
    yield convert.event(at, 0, convert.state_changed(JobState.QUEUED))
    for message in submission.warnings:
        yield convert.event(at, 0, convert.happened(job_pb2.Warning(message=message)))
