"""Requests of MeshService, and a mesh service with tiny exact models."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np

from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.model import Mesh, MeshAsset, Part
from kinoform.media.mesh.write import write_mesh
from kinoform.media.render.sphere import uv_sphere
from kinoform.mesh.build import trade
from kinoform.models.card import MeshCard, MeshLimits, ModelCard
from kinoform.models.registry import Registration
from kinoform.models.shape import MeshRequest, SizedField
from kinoform.serving.models import Models
from kinoform_proto.mesh.v1 import mesh_pb2 as pb
from tests.material.material_peer import tiny_materials
from tests.mesh.ball_family import BallFamily
from tests.serving.peer import Served, served

STEPS = 6


def tiny_mesh_card(name: str = "tiny") -> MeshCard:
    """What the ball family can do."""
    return ModelCard(
        name=name,
        display_name=name,
        family="form-mini",
        version="0",
        description="A ball.",
        license="Apache-2.0",
        limits=("Makes balls.",),
        ranges=MeshLimits(
            min_resolution=16,
            max_resolution=64,
            resolution_step=8,
            default_resolution=32,
            default_triangles=300,
            default_texture_size=256,
            default_steps=STEPS,
            default_guidance=1.0,
            text_tokens=32,
        ),
        batch_exact=True,
        image_input=True,
    )


def tiny_shapes() -> Models[MeshRequest, SizedField]:
    """Models of shapes: `tiny` alone."""
    return Models({"tiny": Registration("tiny", "memory", tiny_mesh_card())}, lambda _: BallFamily())


def mesh_service(assets: Path) -> AbstractAsyncContextManager[Served]:
    """A mesh service with a model of shapes and one of materials, both `tiny`."""
    return served("mesh", trade(tiny_shapes(), tiny_materials()), assets)


def ball(
    prompt: str = "a ball",
    *,
    seed: int = 1,
    steps: int = STEPS,
    lods: int = 1,
    formats: tuple["pb.MeshFormat.ValueType", ...] = (pb.MESH_FORMAT_GLB,),
) -> pb.GenerateMeshRequest:
    """A resolved request that takes a second."""
    spec = pb.MeshSpec(model="tiny")
    spec.prompt.text = prompt
    spec.sampling.seed, spec.sampling.steps, spec.sampling.guidance = seed, steps, 1.0
    spec.surface.resolution, spec.surface.triangles = 32, 300
    spec.surface.lods, spec.surface.texture_size = lods, 256
    spec.delivery.formats.extend(formats)
    return pb.GenerateMeshRequest(parent="projects/p", spec=spec)


def carved(*formats: "pb.MeshFormat.ValueType", coloured: bool = False, resolution: int = 64) -> pb.GenerateMeshRequest:
    """A resolved request for a relief."""
    asked = pb.Relief(width_m=0.2, rise_m=0.02, plate_m=0.01, resolution=resolution)
    asked.image.asset = "projects/p/assets/d"
    if coloured:
        asked.colour.texture_size = 256
        asked.colour.image.asset = "projects/p/assets/c"
    spec = pb.MeshSpec(relief=asked, delivery=pb.MeshDelivery(formats=formats or (pb.MESH_FORMAT_GLB,)))
    return pb.GenerateMeshRequest(parent="projects/p", spec=spec)


def processed(
    *formats: "pb.MeshFormat.ValueType",
    repair: bool = False,
    close: bool = False,
    unwrap: bool = False,
    triangles: int | None = None,
    height_m: float | None = None,
    lods: int = 1,
) -> pb.ProcessMeshRequest:
    """A resolved request to change a stored mesh."""
    spec = pb.ProcessSpec(
        repair=repair,
        close=close,
        unwrap=unwrap,
        triangles=triangles,
        height_m=height_m,
        lods=lods,
        texture_size=256,
        delivery=pb.MeshDelivery(formats=formats or (pb.MESH_FORMAT_GLB,)),
    )
    spec.mesh.asset = "projects/p/assets/m"
    return pb.ProcessMeshRequest(parent="projects/p", spec=spec)


def turntable(
    *,
    frames: int = 4,
    transparent: bool = False,
    format: "pb.TurntableSpec.Format.ValueType" = pb.TurntableSpec.FORMAT_MP4,  # noqa: A002
) -> pb.RenderTurntableRequest:
    """A resolved request to show a stored mesh."""
    spec = pb.TurntableSpec(frames=frames, size=64, elevation_deg=20.0, transparent=transparent, format=format)
    spec.frame_rate.numerator, spec.frame_rate.denominator = 12, 1
    spec.mesh.asset = "projects/p/assets/m"
    return pb.RenderTurntableRequest(parent="projects/p", spec=spec)


def textured(prompt: str | None = "waves", *, seed: int = 1) -> pb.TextureMeshRequest:
    """A resolved request to texture a stored mesh: from words, or without any from a stored material."""
    spec = pb.TextureSpec(texture_size=256, delivery=pb.MeshDelivery(formats=[pb.MESH_FORMAT_GLB]))
    spec.mesh.asset = "projects/p/assets/m"
    if prompt is None:
        spec.material.asset = "projects/p/assets/z"
    else:
        spec.model, spec.prompt.text = "tiny", prompt
        spec.sampling.seed, spec.sampling.steps, spec.sampling.guidance = seed, STEPS, 1.0
    return pb.TextureMeshRequest(parent="projects/p", spec=spec)


def globe(folder: Path, format: MeshFormat = MeshFormat.GLB) -> bytes:  # noqa: A002
    """The file of a sphere of 1 m with coloured vertices."""
    mesh = uv_sphere(0.5, segments=24, rings=12)
    colours = np.rint((mesh.normals + 1) * 127.5).astype(np.uint8)
    part = Part(mesh=Mesh(positions=mesh.positions, triangles=mesh.triangles, normals=mesh.normals, colours=colours))
    path = folder / f"globe.{format}"
    write_mesh(path, MeshAsset(name="globe", lods=(part,)), format)
    return path.read_bytes()
