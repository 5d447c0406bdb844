"""Where the files of a job of any kind are saved."""

from kinoform_client.cli.clip_place import clip_place
from kinoform_client.cli.material_place import material_place
from kinoform_client.cli.mesh_place import mesh_place
from kinoform_client.cli.picture_place import picture_place
from kinoform_client.cli.places import Place
from kinoform_client.errors import invalid
from kinoform_client.types import Job


def place_of(job: Job, output: str) -> Place:
    """Where `--output` says. Raises InvalidArgumentError."""
    match job.kind:
        case "GenerateVideo" | "RenderTurntable":
            return clip_place(output, "clip")
        case "GenerateMesh" | "ProcessMesh" | "TextureMesh":
            return mesh_place(output, "mesh")
        case "GenerateMaterial":
            return material_place(output, "material")
        case "CreateConditioning":
            return picture_place(output, "picture")
    raise invalid("--output", f"a {job.kind} job makes nothing that this version can save")
