"""Meshes, from Python's terms to requests. In every record None leaves the choice to the server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from kinoform_client._core.check import Check
from kinoform_client._core.requests import Sampling, Ticket, address, maybe_prompt, reach_proto, sampling_proto
from kinoform_client.clip_conditions import Steps
from kinoform_client.types import MeshFormat, VideoFormat
from kinoform_client.views import View
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1 import type_pb2

Formats = MeshFormat | str | Iterable[MeshFormat | str]
"""One format, or several."""

_FORMATS = {
    MeshFormat.GLB: mesh_pb2.MESH_FORMAT_GLB,
    MeshFormat.USDZ: mesh_pb2.MESH_FORMAT_USDZ,
    MeshFormat.USDC: mesh_pb2.MESH_FORMAT_USDC,
    MeshFormat.OBJ: mesh_pb2.MESH_FORMAT_OBJ,
    MeshFormat.PLY: mesh_pb2.MESH_FORMAT_PLY,
    MeshFormat.STL: mesh_pb2.MESH_FORMAT_STL,
    MeshFormat.THREEMF: mesh_pb2.MESH_FORMAT_3MF,
}
_TURNTABLE_FORMATS = {
    VideoFormat.MP4: mesh_pb2.TurntableSpec.FORMAT_MP4,
    VideoFormat.WEBM: mesh_pb2.TurntableSpec.FORMAT_WEBM,
    VideoFormat.PNG_SEQUENCE: mesh_pb2.TurntableSpec.FORMAT_PNG_SEQUENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A mesh to be made."""

    prompt: str | None = None
    negative_prompt: str = ""
    image: type_pb2.MediaInput | None = None
    image_strength: float | None = None
    image_steps: Steps | None = None
    image_sketch: bool = False
    views: Sequence[View[type_pb2.MediaInput]] = ()
    model: str = ""
    sampling: Sampling
    resolution: int | None = None
    triangles: int | None = None
    lods: int | None = None
    texture_size: int | None = None
    height_m: float | None = None
    formats: Formats = MeshFormat.GLB


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """A plate to be made from a depth picture."""

    depth: type_pb2.MediaInput
    colour: type_pb2.MediaInput | None = None
    width_m: float | None = None
    rise_m: float | None = None
    plate_m: float | None = None
    resolution: int | None = None
    texture_size: int | None = None
    formats: Formats = MeshFormat.GLB


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A mesh to be changed."""

    mesh: type_pb2.MediaInput
    repair: bool = False
    close: bool = False
    height_m: float | None = None
    triangles: int | None = None
    unwrap: bool = False
    texture_size: int | None = None
    lods: int | None = None
    formats: Formats = MeshFormat.GLB


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A mesh to be given a material: by `prompt`, or as `material`."""

    mesh: type_pb2.MediaInput
    prompt: str | None = None
    negative_prompt: str = ""
    material: type_pb2.MediaInput | None = None
    model: str = ""
    sampling: Sampling
    tile_m: float | None = None
    texture_size: int | None = None
    formats: Formats = MeshFormat.GLB


@dataclass(frozen=True, slots=True, kw_only=True)
class Turntable:
    """A mesh to be shown from all sides."""

    mesh: type_pb2.MediaInput
    frames: int | None = None
    size: int | None = None
    fps: Fraction | str | int | None = None
    elevation_deg: float | None = None
    transparent: bool = False
    format: VideoFormat | str | None = None


def generate_mesh(shape: Shape, ticket: Ticket) -> mesh_pb2.GenerateMeshRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(mesh_pb2.GenerateMeshRequest(), ticket, check)
    spec = mesh_pb2.MeshSpec(
        model=shape.model,
        prompt=maybe_prompt(shape.prompt, shape.negative_prompt, check),
        image=shape.image,
        image_reach=reach_proto(shape.image_strength, shape.image_steps),
        image_sketch=shape.image_sketch,
        views=[
            mesh_pb2.View(image=each.picture, reach=reach_proto(each.strength, each.steps), sketch=each.sketch)
            for each in shape.views
        ],
        sampling=sampling_proto(shape.sampling, check),
        surface=mesh_pb2.SurfaceOptions(
            resolution=check.maybe("spec.surface.resolution", shape.resolution),
            triangles=check.maybe("spec.surface.triangles", shape.triangles),
            lods=check.maybe("spec.surface.lods", shape.lods),
            texture_size=check.maybe("spec.surface.texture_size", shape.texture_size),
            height_m=shape.height_m,
        ),
        delivery=_delivery(shape.formats, check),
    )
    request.spec.CopyFrom(spec)
    check.finish()
    return request


def relief_mesh(relief: Relief, ticket: Ticket) -> mesh_pb2.GenerateMeshRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(mesh_pb2.GenerateMeshRequest(), ticket, check)
    texture_size = check.maybe("spec.relief.colour.texture_size", relief.texture_size)
    if relief.colour is None and texture_size is not None:
        check.bad("spec.relief.colour.texture_size", "belongs to a colour, and there is none")
    plate = mesh_pb2.Relief(
        image=relief.depth,
        colour=None if relief.colour is None else mesh_pb2.ReliefColour(image=relief.colour, texture_size=texture_size),
        width_m=relief.width_m,
        rise_m=relief.rise_m,
        plate_m=relief.plate_m,
        resolution=check.maybe("spec.relief.resolution", relief.resolution),
    )
    request.spec.CopyFrom(mesh_pb2.MeshSpec(relief=plate, delivery=_delivery(relief.formats, check)))
    check.finish()
    return request


def process_mesh(change: Change, ticket: Ticket) -> mesh_pb2.ProcessMeshRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(mesh_pb2.ProcessMeshRequest(), ticket, check)
    spec = mesh_pb2.ProcessSpec(
        mesh=change.mesh,
        repair=change.repair,
        close=change.close,
        height_m=change.height_m,
        triangles=check.maybe("spec.triangles", change.triangles),
        unwrap=change.unwrap,
        texture_size=check.maybe("spec.texture_size", change.texture_size),
        lods=check.maybe("spec.lods", change.lods),
        delivery=_delivery(change.formats, check),
    )
    request.spec.CopyFrom(spec)
    check.finish()
    return request


def texture_mesh(look: Look, ticket: Ticket) -> mesh_pb2.TextureMeshRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(mesh_pb2.TextureMeshRequest(), ticket, check)
    words = maybe_prompt(look.prompt, look.negative_prompt, check)
    if words is not None and look.material is not None:
        check.bad("spec.look", "give a prompt or a material, not both")
    spec = mesh_pb2.TextureSpec(
        mesh=look.mesh,
        prompt=words,
        material=look.material,
        model=look.model,
        sampling=sampling_proto(look.sampling, check),
        tile_m=look.tile_m,
        texture_size=check.maybe("spec.texture_size", look.texture_size),
        delivery=_delivery(look.formats, check),
    )
    request.spec.CopyFrom(spec)
    check.finish()
    return request


def render_turntable(turntable: Turntable, ticket: Ticket) -> mesh_pb2.RenderTurntableRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(mesh_pb2.RenderTurntableRequest(), ticket, check)
    spec = mesh_pb2.TurntableSpec(
        mesh=turntable.mesh,
        frames=check.maybe("spec.frames", turntable.frames),
        size=check.maybe("spec.size", turntable.size),
        frame_rate=None if turntable.fps is None else check.rate("spec.frame_rate", turntable.fps),
        elevation_deg=turntable.elevation_deg,
        transparent=turntable.transparent,
    )
    if turntable.format is not None:
        spec.format = check.choice("spec.format", _TURNTABLE_FORMATS, turntable.format)
    request.spec.CopyFrom(spec)
    check.finish()
    return request


def _delivery(formats: Formats, check: Check) -> mesh_pb2.MeshDelivery:
    named = [formats] if isinstance(formats, str) else formats
    return mesh_pb2.MeshDelivery(formats=check.choices("spec.delivery.formats", _FORMATS, named))
