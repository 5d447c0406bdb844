"""How a job came out."""

from kinoform_client.conditions import Conditioning
from kinoform_client.errors import ErrorDetails, JobCancelledError, JobFailedError, JobPausedError, NotFoundError
from kinoform_client.types import Job, JobState, MeshFormat, Output

_MAIN = ("video", "material", "picture")


def raise_unless_succeeded(job: Job) -> None:
    """Raises JobFailedError, JobCancelledError or JobPausedError for a job that stands and did not succeed."""
    if job.state is JobState.PAUSED:
        raise JobPausedError(job)
    if job.state is JobState.CANCELLED:
        raise JobCancelledError(job)
    if job.state is JobState.FAILED:
        cause = job.error
        message = f"{job.name} failed: {cause or 'no reason was given'}"
        raise JobFailedError(job, message, cause.details if cause else ErrorDetails())


def output_of(maker: Job | Conditioning, role: str) -> Output:
    """The file of a role. Raises NotFoundError."""
    for output in maker.outputs:
        if output.role == role:
            return output
    raise NotFoundError(f"{maker.name} has no output {role!r}", ErrorDetails(code="NOT_FOUND"))


def main_output(job: Job) -> Output:
    """What the job was asked for: video, material, prepared picture, or the mesh in its first format.

    A material also comes with a mesh, the sphere that shows it; so meshes are looked for last. Raises NotFoundError.
    """
    for output in job.outputs:
        if output.role in _MAIN:
            return output
    meshes = (output.role for output in job.outputs if output.role in list(MeshFormat))
    return output_of(job, next(meshes, "video"))
