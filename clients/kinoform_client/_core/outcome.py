"""How a job came out."""

from kinoform_client.errors import ErrorDetails, JobCancelledError, JobFailedError
from kinoform_client.types import Job, JobState


def raise_unless_succeeded(job: Job) -> None:
    """Raises JobFailedError or JobCancelledError for an ended job that did not succeed."""
    if job.state is JobState.CANCELLED:
        raise JobCancelledError(job)
    if job.state is JobState.FAILED:
        cause = job.error
        message = f"{job.name} failed: {cause or 'no reason was given'}"
        raise JobFailedError(job, message, cause.details if cause else ErrorDetails())
