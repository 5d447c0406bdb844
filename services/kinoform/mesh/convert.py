"""From a request for work on a mesh to the task."""

from fractions import Fraction

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.surface.relief import Plate
from kinoform.mesh.process import MESH
from kinoform.mesh.relief import COLOUR, DEPTH
from kinoform.mesh.tasks import (
    Formats,
    LookWish,
    MeshTask,
    ProcessTask,
    ReliefColour,
    ReliefTask,
    ShapeTask,
    StoredView,
    TextureTask,
    TurntableFormat,
    TurntableTask,
)
from kinoform.mesh.texture import MATERIAL
from kinoform.models.shape import MeshRequest
from kinoform.serving.errors import BadStart
from kinoform.serving.reach import reach_from_proto
from kinoform.serving.requests import Inputs, check_resolved, is_sampled, stored, unpacked
from kinoform_proto.mesh.v1 import mesh_pb2 as pb

IMAGE = "spec.image"
"""Field path of the picture among a request's inputs."""
FORMATS = {
    pb.MESH_FORMAT_GLB: MeshFormat.GLB,
    pb.MESH_FORMAT_USDZ: MeshFormat.USDZ,
    pb.MESH_FORMAT_USDC: MeshFormat.USDC,
    pb.MESH_FORMAT_OBJ: MeshFormat.OBJ,
    pb.MESH_FORMAT_PLY: MeshFormat.PLY,
    pb.MESH_FORMAT_STL: MeshFormat.STL,
    pb.MESH_FORMAT_3MF: MeshFormat.THREEMF,
}
TURNTABLE_FORMATS = {
    pb.TurntableSpec.FORMAT_MP4: TurntableFormat.MP4,
    pb.TurntableSpec.FORMAT_WEBM: TurntableFormat.WEBM,
    pb.TurntableSpec.FORMAT_PNG_SEQUENCE: TurntableFormat.PNG,
}


def task_from_proto(request: AnyMessage, inputs: Inputs) -> MeshTask:
    """Reads a resolved request of MeshService. Raises BadStart."""
    if request.Is(pb.GenerateMeshRequest.DESCRIPTOR):
        spec = unpacked(request, pb.GenerateMeshRequest()).spec
        return _relief(spec, inputs) if spec.HasField("relief") else _shape(spec, inputs)
    if request.Is(pb.ProcessMeshRequest.DESCRIPTOR):
        return _process(unpacked(request, pb.ProcessMeshRequest()).spec, inputs)
    if request.Is(pb.TextureMeshRequest.DESCRIPTOR):
        return _texture(unpacked(request, pb.TextureMeshRequest()).spec, inputs)
    if request.Is(pb.RenderTurntableRequest.DESCRIPTOR):
        return _turntable(unpacked(request, pb.RenderTurntableRequest()).spec, inputs)
    raise BadStart("start.request", f"must hold a request of MeshService, got {request.type_url!r}")


def _shape(spec: pb.MeshSpec, inputs: Inputs) -> ShapeTask:
    surface = spec.surface
    check_resolved(
        {
            "model": bool(spec.model),
            **is_sampled(spec.sampling),
            "surface.resolution": surface.HasField("resolution"),
            "surface.triangles": surface.HasField("triangles"),
            "surface.lods": surface.HasField("lods"),
            "surface.texture_size": surface.HasField("texture_size"),
            "delivery.formats": bool(spec.delivery.formats),
        }
    )
    return ShapeTask(
        model=spec.model,
        request=MeshRequest(
            prompt=spec.prompt.text,
            negative_prompt=spec.prompt.negative,
            steps=spec.sampling.steps,
            guidance=spec.sampling.guidance,
            seed=spec.sampling.seed,
            reproducible=spec.sampling.reproducible,
        ),
        views=_views(spec, inputs),
        resolution=surface.resolution,
        triangles=surface.triangles,
        lods=surface.lods,
        texture_size=surface.texture_size,
        height_m=surface.height_m if surface.HasField("height_m") else None,
        formats=_formats(spec.delivery),
    )


def _views(spec: pb.MeshSpec, inputs: Inputs) -> tuple[StoredView, ...]:
    fields = {f"spec.views[{place}].image": view for place, view in enumerate(spec.views)}
    if spec.HasField("image"):
        fields = {IMAGE: pb.View(reach=spec.image_reach, sketch=spec.image_sketch)} | fields
    return tuple(
        StoredView(field, stored(inputs, field), reach_from_proto(view.reach), view.sketch)
        for field, view in fields.items()
    )


def _relief(spec: pb.MeshSpec, inputs: Inputs) -> ReliefTask:
    asked = spec.relief
    check_resolved(
        {
            "relief.width_m": asked.HasField("width_m"),
            "relief.rise_m": asked.HasField("rise_m"),
            "relief.plate_m": asked.HasField("plate_m"),
            "relief.resolution": asked.HasField("resolution"),
            "relief.colour.texture_size": not asked.HasField("colour") or asked.colour.HasField("texture_size"),
            "delivery.formats": bool(spec.delivery.formats),
        }
    )
    colour = ReliefColour(stored(inputs, COLOUR), asked.colour.texture_size) if asked.HasField("colour") else None
    return ReliefTask(
        depth=stored(inputs, DEPTH),
        colour=colour,
        plate=Plate(width_m=asked.width_m, rise_m=asked.rise_m, plate_m=asked.plate_m),
        resolution=asked.resolution,
        formats=_formats(spec.delivery),
    )


def _process(spec: pb.ProcessSpec, inputs: Inputs) -> ProcessTask:
    check_resolved(
        {
            "texture_size": spec.HasField("texture_size"),
            "lods": spec.HasField("lods"),
            "delivery.formats": bool(spec.delivery.formats),
        }
    )
    return ProcessTask(
        mesh=stored(inputs, MESH),
        repair=spec.repair,
        close=spec.close,
        height_m=spec.height_m if spec.HasField("height_m") else None,
        triangles=spec.triangles if spec.HasField("triangles") else None,
        unwrap=spec.unwrap,
        texture_size=spec.texture_size,
        lods=spec.lods,
        formats=_formats(spec.delivery),
    )


def _texture(spec: pb.TextureSpec, inputs: Inputs) -> TextureTask:
    check_resolved({"texture_size": spec.HasField("texture_size"), "delivery.formats": bool(spec.delivery.formats)})
    return TextureTask(
        mesh=stored(inputs, MESH),
        look=_look(spec) if spec.HasField("prompt") else stored(inputs, MATERIAL),
        tile_m=spec.tile_m if spec.HasField("tile_m") else None,
        texture_size=spec.texture_size,
        formats=_formats(spec.delivery),
    )


def _look(spec: pb.TextureSpec) -> LookWish:
    check_resolved({"model": bool(spec.model), **is_sampled(spec.sampling)})
    return LookWish(
        model=spec.model,
        prompt=spec.prompt.text,
        negative_prompt=spec.prompt.negative,
        steps=spec.sampling.steps,
        guidance=spec.sampling.guidance,
        seed=spec.sampling.seed,
        reproducible=spec.sampling.reproducible,
    )


def _turntable(spec: pb.TurntableSpec, inputs: Inputs) -> TurntableTask:
    check_resolved(
        {
            "frames": spec.HasField("frames"),
            "size": spec.HasField("size"),
            "frame_rate": spec.HasField("frame_rate"),
            "elevation_deg": spec.HasField("elevation_deg"),
            "format": bool(spec.format),
        }
    )
    return TurntableTask(
        mesh=stored(inputs, MESH),
        frames=spec.frames,
        size=spec.size,
        rate=Fraction(spec.frame_rate.numerator, spec.frame_rate.denominator),
        elevation_deg=spec.elevation_deg,
        transparent=spec.transparent,
        format=TURNTABLE_FORMATS[spec.format],
    )


def _formats(delivery: pb.MeshDelivery) -> Formats:
    return tuple(FORMATS[each] for each in delivery.formats)
