"""A good request of every type that makes jobs, as small as it gets, and what the gateway makes of it."""

import io
import struct
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.protobuf import text_format
from google.protobuf.message import Message
from PIL import Image

from kinoform.gateway.resolve.requests import JobRequest, KeyedRequest, copied, media_inputs
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest
from kinoform_proto.mesh.v1.mesh_pb2 import (
    GenerateMeshRequest,
    ProcessMeshRequest,
    RenderTurntableRequest,
    TextureMeshRequest,
)
from kinoform_proto.type.v1.type_pb2 import MediaInput, Sampling
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest
from tests.gateway.gateway_peer import PARENT


def picture(width: int = 8, height: int = 8) -> bytes:
    """A PNG file."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def animation(width: int = 8) -> bytes:
    """A GIF file of two frames."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (width, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def mesh() -> bytes:
    """A binary STL file of one triangle."""
    corners = (0, 0, 0, 1, 0, 0, 0, 1, 0)
    return bytes(80) + struct.pack("<I12fH", 1, 0, 0, 1, *corners, 0)


def material() -> bytes:
    """A ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("material.mtlx"), b"<materialx/>")
    return file.getvalue()


SEED = 7
LED = {
    "spec.conditions[0].mask": picture(9),
    "spec.conditions[1].edges": picture(10),
    "spec.conditions[2].depth": animation(),
    "spec.conditions[3].last_frame": picture(11),
    "spec.repaint.footage": animation(9),
    "spec.repaint.mask": picture(12),
}
INPUTS = {"spec.image": picture(), "spec.mesh": mesh(), "spec.material": material()} | LED


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One type of request."""

    make: Callable[[], KeyedRequest]
    """A good request, with a new id, that leaves open what it can."""
    kind: str
    model: str
    inputs: tuple[str, ...] = ()
    """Paths of its media inputs."""
    settled: str
    """Its spec once it is accepted, as `spec_text` writes it."""


def clip() -> GenerateVideoRequest:
    """A clip from a picture."""
    request = GenerateVideoRequest(parent=PARENT, request_id=_id())
    request.spec.prompt.text = "a penguin"
    request.spec.image.inline = picture()
    return request


def led_clip() -> GenerateVideoRequest:
    """A clip that is led by all that there is."""
    request = GenerateVideoRequest(parent=PARENT, request_id=_id())
    request.spec.prompt.text = "a penguin"
    mask, edges, depth, last = (request.spec.conditions.add() for _ in range(4))
    given = (mask.mask, edges.edges, depth.depth, last.last_frame, request.spec.repaint.footage)
    for each, data in zip((*given, request.spec.repaint.mask), LED.values(), strict=True):
        each.inline = data
    edges.reach.strength, edges.reach.last = 0.5, 0.25
    return request


def shape() -> GenerateMeshRequest:
    """A mesh from text."""
    request = GenerateMeshRequest(parent=PARENT, request_id=_id())
    request.spec.prompt.text = "a chair"
    return request


def shape_from_picture() -> GenerateMeshRequest:
    """A mesh from a picture alone."""
    request = GenerateMeshRequest(parent=PARENT, request_id=_id())
    request.spec.image.inline = picture()
    return request


def process() -> ProcessMeshRequest:
    """A mesh to be closed."""
    request = ProcessMeshRequest(parent=PARENT, request_id=_id())
    request.spec.mesh.inline = mesh()
    request.spec.close = True
    return request


def texture() -> TextureMeshRequest:
    """A mesh and a material in words."""
    request = TextureMeshRequest(parent=PARENT, request_id=_id())
    request.spec.mesh.inline = mesh()
    request.spec.prompt.text = "red brick"
    return request


def texture_from_material() -> TextureMeshRequest:
    """A mesh and a material."""
    request = TextureMeshRequest(parent=PARENT, request_id=_id())
    request.spec.mesh.inline = mesh()
    request.spec.material.inline = material()
    return request


def turntable() -> RenderTurntableRequest:
    """A mesh to be shown."""
    request = RenderTurntableRequest(parent=PARENT, request_id=_id())
    request.spec.mesh.inline = mesh()
    return request


def see_through() -> RenderTurntableRequest:
    """A mesh to be shown without a backdrop."""
    request = turntable()
    request.spec.transparent = True
    return request


def surface() -> GenerateMaterialRequest:
    """A material in words."""
    request = GenerateMaterialRequest(parent=PARENT, request_id=_id())
    request.spec.prompt.text = "red brick"
    return request


def surface_from_picture() -> GenerateMaterialRequest:
    """A material from a picture alone."""
    request = GenerateMaterialRequest(parent=PARENT, request_id=_id())
    request.spec.image.inline = picture()
    return request


CASES: Mapping[str, Case] = {
    "clip": Case(
        make=clip,
        kind="video",
        model="kino-mini",
        inputs=("spec.image",),
        settled="""
            model: "kino-mini" prompt { text: "a penguin" } frames: 8 size { width: 64 height: 64 }
            frame_rate { numerator: 24000 denominator: 1001 } sampling { seed: 7 steps: 20 guidance: 3 }
            file { format: FORMAT_MP4 } image_reach { strength: 1 first: 0 last: 1 }
        """,
    ),
    "led clip": Case(
        make=led_clip,
        kind="video",
        model="kino-mini",
        inputs=tuple(LED),
        settled="""
            model: "kino-mini" prompt { text: "a penguin" } frames: 8 size { width: 64 height: 64 }
            frame_rate { numerator: 24000 denominator: 1001 } sampling { seed: 7 steps: 20 guidance: 3 }
            file { format: FORMAT_MP4 }
            conditions { mask { } reach { strength: 1 first: 0 last: 1 } }
            conditions { edges { } reach { strength: 0.5 first: 0 last: 0.25 } }
            conditions { depth { } reach { strength: 1 first: 0 last: 1 } }
            conditions { last_frame { } reach { strength: 1 first: 0 last: 1 } }
            repaint { footage { } mask { } }
        """,
    ),
    "mesh": Case(
        make=shape,
        kind="mesh",
        model="form-mini",
        settled="""
            model: "form-mini" prompt { text: "a chair" } sampling { seed: 7 steps: 12 guidance: 2.5 }
            surface { resolution: 96 triangles: 20000 lods: 1 texture_size: 512 }
            delivery { formats: MESH_FORMAT_GLB }
        """,
    ),
    "mesh from a picture": Case(
        make=shape_from_picture,
        kind="mesh",
        model="form-mini",
        inputs=("spec.image",),
        settled="""
            model: "form-mini" sampling { seed: 7 steps: 12 guidance: 2.5 }
            surface { resolution: 96 triangles: 20000 lods: 1 texture_size: 512 }
            delivery { formats: MESH_FORMAT_GLB } image_reach { strength: 1 first: 0 last: 1 }
        """,
    ),
    "process": Case(
        make=process,
        kind="mesh",
        model="",
        inputs=("spec.mesh",),
        settled="repair: true close: true texture_size: 1024 lods: 1 delivery { formats: MESH_FORMAT_GLB }",
    ),
    "texture": Case(
        make=texture,
        kind="mesh",
        model="grain-mini",
        inputs=("spec.mesh",),
        settled="""
            prompt { text: "red brick" } model: "grain-mini" sampling { seed: 7 steps: 8 guidance: 1.5 }
            texture_size: 1024 delivery { formats: MESH_FORMAT_GLB }
        """,
    ),
    "texture from a material": Case(
        make=texture_from_material,
        kind="mesh",
        model="",
        inputs=("spec.mesh", "spec.material"),
        settled="texture_size: 1024 delivery { formats: MESH_FORMAT_GLB }",
    ),
    "turntable": Case(
        make=turntable,
        kind="mesh",
        model="",
        inputs=("spec.mesh",),
        settled="""
            frames: 24 size: 384 frame_rate { numerator: 12 denominator: 1 } elevation_deg: 20 format: FORMAT_MP4
        """,
    ),
    "transparent turntable": Case(
        make=see_through,
        kind="mesh",
        model="",
        inputs=("spec.mesh",),
        settled="""
            frames: 24 size: 384 frame_rate { numerator: 12 denominator: 1 } elevation_deg: 20 transparent: true
            format: FORMAT_WEBM
        """,
    ),
    "material": Case(
        make=surface,
        kind="material",
        model="grain-mini",
        settled="""
            model: "grain-mini" prompt { text: "red brick" } sampling { seed: 7 steps: 8 guidance: 1.5 } size: 512
        """,
    ),
    "material from a picture": Case(
        make=surface_from_picture,
        kind="material",
        model="",
        inputs=("spec.image",),
        settled="size: 1024",
    ),
}


def spec_text(request: JobRequest) -> str:
    """The spec in text, without inputs, and with any seed at all written as `SEED`."""
    spec: Message = copied(request.spec)
    for _, given in media_inputs(spec):
        given.Clear()
    for field, value in spec.ListFields():
        if isinstance(value, MediaInput):
            spec.ClearField(field.name)
        elif isinstance(value, Sampling):
            value.seed = SEED if value.HasField("seed") else 0
    return text_format.MessageToString(spec, as_one_line=True)


def _id() -> str:
    return str(uuid.uuid4())
