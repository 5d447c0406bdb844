"""Protos to the SDK's records."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kinoform_client import provenance, types
from kinoform_client._core.resolved import kind_of, request_values
from kinoform_client._core.status import error_from_status
from kinoform_client.standing import Lineage
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.type.v1 import report_pb2

_STAGES: dict[int, types.Stage] = {
    job_pb2.Progress.STAGE_QUEUED: types.Stage.QUEUED,
    job_pb2.Progress.STAGE_ENCODE: types.Stage.ENCODE,
    job_pb2.Progress.STAGE_DENOISE: types.Stage.DENOISE,
    job_pb2.Progress.STAGE_DECODE: types.Stage.DECODE,
    job_pb2.Progress.STAGE_WRITE: types.Stage.WRITE,
    job_pb2.Progress.STAGE_SURFACE: types.Stage.SURFACE,
    job_pb2.Progress.STAGE_RENDER: types.Stage.RENDER,
}


def job_from_proto(proto: job_pb2.Job) -> types.Job:
    """The record of a job."""
    return types.Job(
        name=proto.name,
        state=_state(proto.state),
        model=proto.model,
        kind=kind_of(proto.request),
        request=request_values(proto.request),
        priority=proto.priority,
        deadline=time_from_proto(proto.deadline) if proto.HasField("deadline") else None,
        labels=dict(proto.labels),
        times=types.JobTimes(
            created=time_from_proto(proto.create_time) if proto.HasField("create_time") else None,
            started=time_from_proto(proto.start_time) if proto.HasField("start_time") else None,
            ended=time_from_proto(proto.end_time) if proto.HasField("end_time") else None,
            expires=time_from_proto(proto.expire_time) if proto.HasField("expire_time") else None,
        ),
        attempt=proto.attempt,
        progress=types.JobProgress(**_progress(proto.progress)),
        warnings=tuple(proto.warnings),
        outputs=tuple(output_from_proto(output) for output in proto.outputs),
        error=error_from_status(proto.error) if proto.HasField("error") else None,
        last_sequence=proto.last_sequence,
        kept_steps=tuple(proto.kept_steps),
        lineage=Lineage(job=proto.lineage.job, step=proto.lineage.step) if proto.HasField("lineage") else None,
    )


def event_from_proto(proto: job_pb2.JobEvent) -> types.Event:
    """The record of an event; a plain Event for a kind that this version does not know."""
    place: dict[str, Any] = {
        "sequence": proto.sequence,
        "time": time_from_proto(proto.time) if proto.HasField("time") else None,
        "attempt": proto.attempt,
    }
    match proto.WhichOneof("event"):
        case "state_changed":
            change = proto.state_changed
            error = error_from_status(change.error) if change.HasField("error") else None
            return types.StateChanged(**place, state=_state(change.state), error=error, reason=change.reason)
        case "progress":
            return types.Progress(**place, **_progress(proto.progress))
        case "preview":
            look = proto.preview
            return types.Preview(**place, step=look.step, image=look.image, frames=look.frames)
        case "checkpoint_saved":
            return types.CheckpointSaved(**place, step=proto.checkpoint_saved.step, kept=proto.checkpoint_saved.kept)
        case "output":
            return types.OutputReady(**place, output=output_from_proto(proto.output))
        case "warning":
            return types.WarningRaised(**place, message=proto.warning.message)
    return types.Event(**place)


def output_from_proto(proto: job_pb2.Output) -> types.Output:
    """The record of a job's file."""
    return types.Output(
        role=proto.role,
        asset=proto.asset,
        media_type=proto.media_type,
        size_bytes=proto.size_bytes,
        sha256=proto.sha256,
        report=_report(proto),
        content_sha256=proto.content_sha256,
        credentials=proto.credentials,
    )


def asset_from_proto(proto: asset_pb2.Asset) -> types.Asset:
    """The record of a stored file."""
    return types.Asset(
        name=proto.name,
        display_name=proto.display_name,
        media_type=proto.media_type,
        size_bytes=proto.size_bytes,
        sha256=proto.sha256,
        created=time_from_proto(proto.create_time) if proto.HasField("create_time") else None,
        job=proto.job,
        expires=time_from_proto(proto.expire_time) if proto.HasField("expire_time") else None,
    )


def verified_from_proto(proto: asset_pb2.VerifyAssetResponse) -> provenance.VerifiedAsset:
    """A verified file with what its credentials say."""
    found = proto.provenance
    return provenance.VerifiedAsset(
        asset=asset_from_proto(proto.asset),
        provenance=provenance.Provenance(
            signature=_SIGNATURES.get(found.state, provenance.Signature.UNKNOWN),
            credentials=found.credentials,
            signer=found.signer,
            organization=found.organization,
            claim_generator=found.claim_generator,
            agent=found.agent,
            digital_source_type=found.digital_source_type,
            failures=tuple(found.failures),
            signed=time_from_proto(found.sign_time) if found.HasField("sign_time") else None,
        ),
    )


_SIGNATURES = {
    asset_pb2.Provenance.STATE_NONE: provenance.Signature.NONE,
    asset_pb2.Provenance.STATE_INVALID: provenance.Signature.INVALID,
    asset_pb2.Provenance.STATE_VALID: provenance.Signature.VALID,
    asset_pb2.Provenance.STATE_TRUSTED: provenance.Signature.TRUSTED,
}


def time_from_proto(stamp: Timestamp) -> datetime:
    """In UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def _state(number: int) -> types.JobState:
    return types.JobState(job_pb2.Job.State.Name(job_pb2.Job.State.ValueType(number)).removeprefix("STATE_"))


def _progress(proto: job_pb2.Progress) -> dict[str, Any]:
    return {
        "stage": _STAGES.get(proto.stage, types.Stage.UNKNOWN),
        "step": proto.step,
        "steps": proto.steps,
        "queue_position": proto.queue_position,
        "eta": proto.eta.ToTimedelta() if proto.HasField("eta") else None,
    }


def _report(proto: job_pb2.Output) -> types.MeshReport | types.MaterialReport | types.ConditioningReport | None:
    match proto.WhichOneof("report"):
        case "mesh":
            return _mesh_report(proto.mesh)
        case "material":
            measured = proto.material
            return types.MaterialReport(
                size=measured.size,
                size_m=measured.size_m,
                tileability=(measured.tileability_x, measured.tileability_y),
                findings=tuple(measured.findings),
            )
        case "conditioning":
            prepared = proto.conditioning
            return types.ConditioningReport(
                size=(prepared.width, prepared.height),
                coverage=prepared.coverage,
                colours=tuple((colour.hex, colour.share) for colour in prepared.colours),
                frames=prepared.frames,
                rate=Fraction(prepared.rate.numerator, prepared.rate.denominator)
                if prepared.HasField("rate")
                else None,
            )
    return None


def _mesh_report(proto: report_pb2.MeshReport) -> types.MeshReport:
    return types.MeshReport(
        triangles=proto.triangles,
        vertices=proto.vertices,
        watertight=proto.watertight,
        manifold=proto.manifold,
        volume_m3=proto.volume_m3,
        size_m=tuple(proto.size_m),
        uv_min=tuple(proto.uv_min),
        uv_max=tuple(proto.uv_max),
        textures=tuple(types.Texture(role=each.role, size=(each.width, each.height)) for each in proto.textures),
        findings=tuple(proto.findings),
    )
