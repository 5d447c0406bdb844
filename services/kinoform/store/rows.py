"""Rows of the tables to records, and back."""

import base64
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from kinoform.store.records import (
    AssetRecord,
    CheckpointRecord,
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    OutputRecord,
    RequestKey,
    Submission,
    UploadRecord,
)

Row = sa.RowMapping
Values = dict[str, Any]


def job_values(submission: Submission, *, last_sequence: int) -> Values:
    """The row of a job that was just submitted."""
    return {
        "name": submission.name,
        "project": submission.project,
        "kind": submission.kind,
        "model": submission.model,
        "request": submission.request,
        "request_type": submission.request_type,
        "request_id": submission.request_key.id,
        "request_fingerprint": submission.request_key.fingerprint,
        "created_at": submission.created_at,
        "priority": submission.priority,
        "deadline": submission.deadline,
        "labels": submission.labels,
        "warnings": list(submission.warnings),
        "parent": submission.parent,
        "origin_step": submission.origin_step,
        "state": JobState.QUEUED.value,
        "updated_at": submission.created_at,
        "stage": "",
        "step": 0,
        "steps": 0,
        "outputs": [],
        "attempt": 0,
        "last_sequence": last_sequence,
        "cancel_requested": False,
        "pause_requested": False,
        "previewed": 0,
    }


def job_record(row: Row) -> JobRecord:
    """The job in a row of `jobs`."""
    return JobRecord(submission=_submission(row), status=_status(row))


def output_values(outputs: tuple[OutputRecord, ...]) -> list[Values]:
    """Outputs as JSON."""
    return [{**asdict(output), "payload": base64.b64encode(output.payload).decode()} for output in outputs]


def event_record(row: Row) -> EventRecord:
    """The event in a row of `events`."""
    return EventRecord(
        job=row["job"], sequence=row["sequence"], at=row["at"], attempt=row["attempt"], payload=bytes(row["payload"])
    )


def checkpoint_record(row: Row) -> CheckpointRecord:
    """The checkpoint in a row of `checkpoints`."""
    return CheckpointRecord(
        job=row["job"], attempt=row["attempt"], sha256=row["sha256"], step=row["step"], at=row["at"]
    )


def asset_values(asset: AssetRecord, request_key: RequestKey | None) -> Values:
    """The row of an asset."""
    return {**asdict(asset), **_request_columns(request_key)}


def asset_record(row: Row) -> AssetRecord:
    """The asset in a row of `assets`."""
    return AssetRecord(
        name=row["name"],
        project=row["project"],
        sha256=row["sha256"],
        size=row["size"],
        media_type=row["media_type"],
        created_at=row["created_at"],
        display_name=row["display_name"],
        job=row["job"],
        labels=row["labels"],
    )


def upload_values(upload: UploadRecord) -> Values:
    """The row of an upload."""
    values = asdict(upload)
    del values["request_key"]
    return {**values, **_request_columns(upload.request_key)}


def upload_record(row: Row) -> UploadRecord:
    """The upload in a row of `uploads`."""
    return UploadRecord(
        id=row["id"],
        project=row["project"],
        media_type=row["media_type"],
        created_at=row["created_at"],
        size=row["size"],
        sha256=row["sha256"],
        display_name=row["display_name"],
        labels=row["labels"],
        request_key=_request_key(row) if row["request_id"] is not None else None,
    )


def _submission(row: Row) -> Submission:
    return Submission(
        name=row["name"],
        project=row["project"],
        kind=row["kind"],
        model=row["model"],
        request=bytes(row["request"]),
        request_type=row["request_type"],
        request_key=_request_key(row),
        created_at=row["created_at"],
        priority=row["priority"],
        deadline=row["deadline"],
        labels=row["labels"],
        warnings=tuple(row["warnings"]),
        parent=row["parent"],
        origin_step=row["origin_step"],
    )


def _status(row: Row) -> JobStatus:
    return JobStatus(
        state=JobState(row["state"]),
        updated_at=row["updated_at"],
        stage=row["stage"],
        step=row["step"],
        steps=row["steps"],
        outputs=tuple(
            OutputRecord(**{**output, "payload": base64.b64decode(output["payload"])}) for output in row["outputs"]
        ),
        error=None if row["error"] is None else bytes(row["error"]),
        attempt=row["attempt"],
        last_sequence=row["last_sequence"],
        cancel_requested=row["cancel_requested"],
        pause_requested=row["pause_requested"],
        pause_at=row["pause_at"],
        previewed=row["previewed"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def _request_key(row: Row) -> RequestKey:
    return RequestKey(id=row["request_id"], fingerprint=row["request_fingerprint"])


def _request_columns(key: RequestKey | None) -> Values:
    return {
        "request_id": None if key is None else key.id,
        "request_fingerprint": None if key is None else key.fingerprint,
    }
