"""What callers may do with conditionings."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from google.rpc import status_pb2

from kinoform.gateway import convert
from kinoform.gateway.conditions import Conditions, fingerprint_of, name_of, request_id
from kinoform.gateway.errors import StillNeeded
from kinoform.gateway.every import UNENDED, every, given_to
from kinoform.gateway.leftovers import Leftovers
from kinoform.gateway.resolve.condition import kind_of, resolve_condition
from kinoform.gateway.resolve.requests import copied, unpacked
from kinoform.gateway.submit import Submitter
from kinoform.models.services import CLIP_VERSION, CONDITIONING, VERSIONS
from kinoform.store.asset_records import Assets
from kinoform.store.errors import NotFound, WrongState
from kinoform.store.records import Cursor, JobFilter, JobRecord, JobState, RequestKey
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb

_STATES = {
    JobState.SUCCEEDED: pb.Conditioning.STATE_READY,
    JobState.FAILED: pb.Conditioning.STATE_FAILED,
    JobState.CANCELLED: pb.Conditioning.STATE_FAILED,
}


@dataclass(frozen=True, slots=True)
class Conditionings:
    """Makes, lists and forgets conditionings. All methods block."""

    conditions: Conditions
    submitter: Submitter
    assets: Assets
    leftovers: Leftovers
    depth_model: str
    """Identity of the service's depth model; empty for the embedded one."""

    def create(self, request: pb.CreateConditioningRequest) -> JobRecord:
        """The job that prepares it: a new one, or that of an equal request, unless somebody deleted what it had made.
        One that failed is tried again.

        Raises BadRequest with every bad field, NotOffered.
        """
        settled = copied(request)
        resolved = resolve_condition(settled.spec, self.submitter.offer)
        project = settled.parent.removeprefix("projects/")
        self.submitter.take_inputs(settled, resolved, project)
        fingerprint = self._fingerprint(settled.spec)
        key = RequestKey(id=request_id(fingerprint), fingerprint="")
        record = self.submitter.queue(settled, resolved, key)
        if record.state is JobState.SUCCEEDED and not self._whole(record):
            with suppress(NotFound, WrongState):  # somebody else asked, too
                self.submitter.jobs.delete(record.name)
            record = self.submitter.queue(settled, resolved, key)
        if record.state in (JobState.FAILED, JobState.CANCELLED):
            return self._again(record)
        return record

    def page(self, project: str, *, page_size: int, after: Cursor | None) -> tuple[list[JobRecord], Cursor | None]:
        """A page, newest first."""
        kinds = JobFilter(kinds=frozenset({CONDITIONING}))
        return self.submitter.jobs.list(project, kinds, page_size=page_size, after=after)

    def delete(self, name: str, *, force: bool) -> None:
        """Forget it and its files. Raises NotFound, WrongState while it is being prepared, StillNeeded."""
        record = self.conditions.get(name)
        if not force and (users := self._users(name, record.submission.project)):
            raise StillNeeded(name, users)
        for digest in self.submitter.jobs.delete(record.name, files=True):
            self.leftovers.drop(digest)

    def _fingerprint(self, spec: pb.ConditioningSpec) -> str:
        """Of a settled spec: equal for equal bytes, whatever their asset is called."""
        settings, kind, moves = copied(spec), kind_of(spec), spec.WhichOneof("source") == "footage"
        given = spec.footage if moves else spec.image
        settings.ClearField("source")
        assert kind is not None  # a rule of the proto
        source = given.conditioning or self.assets.get(given.asset).sha256
        version = self.depth_model if self.depth_model and kind == "depth" else VERSIONS[kind]
        versions = version + (f"/{CLIP_VERSION}" if moves else "")
        digest = hashlib.sha256()
        for part in (versions.encode(), source.encode(), settings.SerializeToString(deterministic=True)):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def _whole(self, record: JobRecord) -> bool:
        """Whether everything that it made is still there, and will be for a while."""
        try:
            return not self.submitter.inputs.stale(record)
        except NotFound:
            return False

    def _again(self, record: JobRecord) -> JobRecord:
        now = self.submitter.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.QUEUED, "asked for again"))
        try:
            return self.submitter.jobs.retry(record.name, now=now, event=event)
        except WrongState:  # somebody else asked, too
            return self.submitter.jobs.get(record.name)

    def _users(self, name: str, project: str) -> list[str]:
        """Jobs that have not ended and name it."""
        found = every(self.submitter.jobs, project, UNENDED)
        return [record.name for record in found if name in given_to(record)]


def conditioning_to_proto(record: JobRecord) -> pb.Conditioning:
    """The conditioning that a job prepares, as callers see it."""
    status = record.status
    shown = pb.Conditioning(
        name=name_of(record),
        state=_STATES.get(status.state, pb.Conditioning.STATE_PREPARING),
        job=record.name,
        outputs=[convert.output_to_proto(output) for output in status.outputs],
        fingerprint=fingerprint_of(record),
        create_time=convert.timestamp(record.submission.created_at),
    )
    request = unpacked(convert.request_of(record))
    assert isinstance(request, pb.CreateConditioningRequest)
    shown.spec.CopyFrom(request.spec)
    if status.error is not None:
        shown.error.CopyFrom(status_pb2.Status.FromString(status.error))
    return shown
