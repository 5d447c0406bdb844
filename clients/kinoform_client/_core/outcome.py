"""How a job came out."""

from kinoform_client.errors import ErrorDetails, JobCancelledError, JobFailedError, NotFoundError
from kinoform_client.types import Job, JobState, MeshFormat, Output


def raise_unless_succeeded(job: Job) -> None:
    """Raises JobFailedError or JobCancelledError for an ended job that did not succeed."""
    if job.state is JobState.CANCELLED:
        raise JobCancelledError(job)
    if job.state is JobState.FAILED:
        cause = job.error
        message = f"{job.name} failed: {cause or 'no reason was given'}"
        raise JobFailedError(job, message, cause.details if cause else ErrorDetails())


def output_of(job: Job, role: str) -> Output:
    """The file of a role. Raises NotFoundError."""
    for output in job.outputs:
        if output.role == role:
            return output
    raise NotFoundError(f"{job.name} has no output {role!r}", ErrorDetails(code="NOT_FOUND"))


def main_output(job: Job) -> Output:
    """What the job was asked for: the video, the material, or the mesh in its first format. Raises NotFoundError.

    A material also comes with a mesh, the sphere that shows it; so meshes are looked for last.
    """
    roles = ("video", "material", *(output.role for output in job.outputs if output.role in list(MeshFormat)))
    for output in job.outputs:
        if output.role in roles[:2]:
            return output
    return output_of(job, next(iter(roles[2:]), "video"))
