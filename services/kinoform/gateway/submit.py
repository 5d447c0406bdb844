"""Takes requests for new jobs: resolves, checks, stores. Nothing of a refused request stays."""

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from google.protobuf import any_pb2

from kinoform.gateway import convert
from kinoform.gateway.deadlines import objections_to_deadline, take_deadline
from kinoform.gateway.errors import BadRequest
from kinoform.gateway.inputs import Inputs
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.requests import (
    JobRequest,
    KeyedRequest,
    copied,
    media_inputs,
    resolve,
    sampling_of,
)
from kinoform.gateway.resolve.resolved import Resolved
from kinoform.models.vocabulary import outside_vocabulary
from kinoform.policy.judge import Policies
from kinoform.store.errors import RequestIdReused
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobRecord, JobState, KeptState, PayloadFactory, RequestKey, Submission
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.job.v1.job_pb2 import ForkJobRequest


class Beginning(NamedTuple):
    """Where a forked job begins."""

    parent: str
    """`projects/{p}/jobs/{j}`."""
    origin: KeptState


@dataclass(frozen=True, slots=True)
class Submitter:
    """Turns valid requests of any type into queued jobs."""

    jobs: Jobs
    inputs: Inputs
    offer: Offer
    clock: Callable[[], int]
    """Microseconds since 1970, UTC."""
    policies: Policies
    """What prompts are judged by."""

    def submit(self, request: KeyedRequest) -> JobRecord:
        """Queue a job, or find the one that the same request made before. Blocks.

        Raises BadRequest with every bad field, NotOffered, Refused, RequestIdReused.
        """
        project = request.parent.removeprefix("projects/")
        key = request_key(request)
        # Looked up before anything is checked: an input deleted since does not refuse the same request sent again.
        before = self.jobs.find_request(project, key.id)
        if before is not None:
            return same(before, key)
        settled = copied(request)
        settled.ClearField("request_id")
        resolved = resolve(settled, self.offer)
        late = tuple(objections_to_deadline(settled, self.clock()))
        self.policies.check_prompt("spec.prompt.text", resolved.prompt)
        self.take_inputs(settled, replace(resolved, violations=resolved.violations + late), project)
        deadline = take_deadline(settled)
        return self.queue(settled, resolved, key, deadline=deadline)

    def queue(
        self,
        request: JobRequest,
        resolved: Resolved,
        key: RequestKey,
        *,
        deadline: int | None = None,
        beginning: Beginning | None = None,
    ) -> JobRecord:
        """Queue a settled request's job, or find the one that the key made before. Blocks.

        deadline: in microseconds since 1970. Raises RequestIdReused; NotFound and NotKept when the beginning is gone.
        """
        submission = self._submission(request, resolved, key, deadline)
        if beginning is not None:
            submission = replace(submission, parent=beginning.parent, origin_step=beginning.origin.step)
        sampling = sampling_of(request)
        record, _ = self.jobs.create(
            submission,
            list(_first_events(submission)),
            pause_at=None if sampling is None else sampling.pause_at or None,
            origin=None if beginning is None else beginning.origin,
        )
        return record

    def take_inputs(self, request: JobRequest, resolved: Resolved, project: str) -> None:
        """Judge a resolved request's inputs; store, in place, those that came with it. Blocks. Raises BadRequest."""
        found = [*resolved.violations]
        refused = {violation.field for violation in found}
        inputs = list(media_inputs(request))
        for path, given in inputs:
            if path not in refused:
                found += self.inputs.violations(path, given, project)
        if found:
            raise BadRequest(found)
        for path, given in inputs:
            if given.WhichOneof("source") == "inline":
                given.asset = self.inputs.store(path, given.inline, project)

    def _submission(self, request: JobRequest, resolved: Resolved, key: RequestKey, deadline: int | None) -> Submission:
        packed = any_pb2.Any()
        packed.Pack(request, deterministic=True)
        return Submission(
            name=f"{request.parent}/jobs/{uuid.uuid4()}",
            project=request.parent.removeprefix("projects/"),
            kind=resolved.kind,
            model="" if resolved.card is None else resolved.card.name,
            request=packed.SerializeToString(deterministic=True),
            request_type=request.DESCRIPTOR.full_name,
            request_key=key,
            created_at=self.clock(),
            priority=request.priority,
            deadline=deadline,
            labels=dict(request.labels),
            warnings=tuple(_warnings(resolved)),
        )


def request_key(request: KeyedRequest | ForkJobRequest) -> RequestKey:
    """What makes sending it again harmless."""
    body = copied(request)
    body.ClearField("request_id")
    digest = hashlib.sha256(body.SerializeToString(deterministic=True)).hexdigest()
    return RequestKey(id=request.request_id.lower(), fingerprint=f"{body.DESCRIPTOR.full_name}:{digest}")


def same(before: JobRecord, key: RequestKey) -> JobRecord:
    """The job that a request made before, if it was the same request. Raises RequestIdReused."""
    if before.submission.request_key.fingerprint != key.fingerprint:
        raise RequestIdReused(key.id, before.name)
    return before


def _warnings(resolved: Resolved) -> Iterable[str]:
    card = resolved.card
    if card is None or card.vocabulary is None:
        return
    unknown = outside_vocabulary(resolved.prompt, card.vocabulary.phrases())
    if unknown:
        yield f"outside the vocabulary of {card.name}, which may not show it: {', '.join(unknown)}"


def _first_events(submission: Submission) -> Iterable[PayloadFactory]:
    at = submission.created_at
    yield convert.event(at, 0, convert.state_changed(JobState.QUEUED))
    for message in submission.warnings:
        yield convert.event(at, 0, convert.happened(job_pb2.Warning(message=message)))
