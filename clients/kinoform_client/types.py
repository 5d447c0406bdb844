"""What the SDK hands out: frozen records of jobs, events, assets and models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from kinoform_client.errors import KinoformError
from kinoform_client.standing import JobState as JobState
from kinoform_client.standing import Lineage as Lineage
from kinoform_client.standing import Stage as Stage


class VideoFormat(StrEnum):
    """Containers and codecs."""

    MP4 = "mp4"
    """H.264, yuv420p, BT.709."""
    WEBM = "webm"
    """VP9, BT.709."""
    GIF = "gif"
    PNG_SEQUENCE = "png"
    """Lossless PNG frames in a stored ZIP file."""


class MeshFormat(StrEnum):
    """Files of meshes. The value is the output's role; coarser levels of detail are `glb_lod1` and so on."""

    GLB = "glb"
    """glTF 2.0, binary, textures inside; a file for each level of detail."""
    USDZ = "usdz"
    USDC = "usdc"
    """USD crate, without textures."""
    OBJ = "obj"
    """OBJ, MTL and textures in a stored ZIP file."""
    PLY = "ply"
    STL = "stl"
    """Geometry only."""
    THREEMF = "3mf"


class ModelKind(StrEnum):
    """What a model makes."""

    UNKNOWN = "unknown"
    """Something that this version of the SDK has no name for."""
    VIDEO = "video"
    MESH = "mesh"
    MATERIAL = "material"


class Upscale(StrEnum):
    """Ways to enlarge to the viewing size."""

    NEAREST = "nearest"
    LANCZOS = "lanczos"


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """How far a job has come."""

    stage: Stage
    step: int
    """Denoising steps done, 0 to `steps`."""
    steps: int
    """Steps in all; frames, where a turntable is rendered."""
    queue_position: int
    """Jobs ahead of it; 0 once it runs."""
    eta: timedelta | None
    """Estimated time until the end; None while there is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """A texture of a mesh file."""

    role: str
    """`base_colour`, `normal`, `orm`."""
    size: tuple[int, int]
    """(width, height) in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshReport:
    """What was found in a mesh file that was read back after it was written."""

    triangles: int
    """Of the finest level of detail."""
    vertices: int
    """As stored: those on UV seams are there more than once."""
    watertight: bool
    manifold: str
    """manifold3d's verdict: `NoError`, `NotManifold`, …"""
    volume_m3: float
    """Cubic metres; 0 where it is not watertight."""
    size_m: tuple[float, ...]
    """Width, height and depth of the bounding box in metres."""
    uv_min: tuple[float, ...]
    """Smallest u and v; empty without UVs."""
    uv_max: tuple[float, ...]
    textures: tuple[Texture, ...]
    findings: tuple[str, ...]
    """What the format's own checks objected to; empty for a clean file."""

    @property
    def summary(self) -> str:
        """`12,000 triangles, 0.45 × 0.9 × 0.47 m, watertight`."""
        size = " × ".join(f"{edge:.3g}" for edge in self.size_m)
        return f"{self.triangles:,} triangles, {size} m, {'watertight' if self.watertight else 'not watertight'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialReport:
    """What was measured of a set of material maps after it was written."""

    size: int
    """Edge of the maps in pixels."""
    size_m: float
    """Edge of the tile in metres."""
    tileability: tuple[float, float]
    """Gradient across the seam over the median gradient inside, along x and y; seamless below 1.5."""
    findings: tuple[str, ...]
    """What MaterialX's own validation objected to; empty for a clean document."""

    @property
    def summary(self) -> str:
        """`512 pixels, 0.5 m a tile, seams 1.02 and 0.98 (seamless below 1.5)`."""
        x, y = self.tileability
        return f"{self.size} pixels, {self.size_m:g} m a tile, seams {x:.2f} and {y:.2f} (seamless below 1.5)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditioningReport:
    """What was measured of a prepared picture, or of the frames of a prepared clip."""

    size: tuple[int, int]
    """(width, height) in pixels."""
    coverage: float
    """Share of the picture that is edge, or that the cut-out keeps, 0 to 1; 1 where everything is kept."""
    colours: tuple[tuple[str, float], ...]
    """A palette's (`#rrggbb`, share of the pixels), the most frequent first; empty for other kinds."""
    frames: int = 0
    """Of a clip; 0 where it was made of a picture."""
    rate: Fraction | None = None
    """Frames per second of the clip, where its file says it."""

    @property
    def summary(self) -> str:
        """`640 × 480 pixels, 7.3 % covered`; of a palette `640 × 480 pixels, #20262e 61 %, #d0b48c 39 %`."""
        parts = ["{} × {} pixels".format(*self.size)]
        parts += [f"{self.frames} frames"] if self.frames else []
        parts += [f"{100 * self.coverage:.1f} % covered"] if self.coverage < 1 else []
        return ", ".join([*parts, *(f"{colour} {100 * share:.0f} %" for colour, share in self.colours)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file that a job made."""

    role: str
    """`video`, `poster`, `swatch`, `material`, `picture`, `mask`, a mesh format, or one of its levels: `glb_lod1`."""
    asset: str
    """`projects/{p}/assets/{a}`."""
    media_type: str
    size_bytes: int
    sha256: str
    """Lower-case hexadecimal."""
    report: MeshReport | MaterialReport | ConditioningReport | None
    """What was found when the file was read back; None for other kinds of files."""
    content_sha256: str = ""
    """Of the file before credentials were embedded: the same wherever equal requests run, whoever signs."""
    credentials: str = ""
    """The asset with its credentials (C2PA) where they are not embedded; empty where they are, or nothing is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When a job entered its phases, UTC; None for what has not happened."""

    created: datetime | None
    started: datetime | None
    ended: datetime | None
    expires: datetime | None
    """When its record is deleted, but not its outputs; None while nothing is set to delete it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work that was accepted, as it stood when it was read."""

    name: str
    """`projects/{p}/jobs/{j}`."""
    state: JobState
    model: str
    """Empty for work that needs none, such as a turntable."""
    kind: str
    """What was asked for: `GenerateVideo`, `GenerateMesh`, `RenderTurntable`, …"""
    request: Mapping[str, Any]
    """The resolved request as JSON values (protobuf's JSON form): sent again it reproduces the output."""
    priority: int
    deadline: datetime | None
    """When it should be done, UTC; past it the job goes on, no longer favoured."""
    labels: Mapping[str, str]
    times: JobTimes
    attempt: int
    """How often it was handed to a generation service."""
    progress: JobProgress
    warnings: tuple[str, ...]
    outputs: tuple[Output, ...]
    error: KinoformError | None
    """Why it FAILED."""
    last_sequence: int
    """Sequence of its latest event: where a watch would go on."""
    kept_steps: tuple[int, ...]
    """Steps whose states are kept, rising: where it can be forked. Empty in listings."""
    lineage: Lineage | None
    """Where it was forked from."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a job."""

    sequence: int
    """1, 2, 3 … without gaps within the job."""
    time: datetime | None
    """When it was stored, UTC."""
    attempt: int


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The job entered a state."""

    state: JobState
    error: KinoformError | None
    """Why it FAILED."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Progress(JobProgress, Event):
    """Another stage, another step, or another place in the queue."""


@dataclass(frozen=True, kw_only=True)
class Preview(Event):
    """A look at the unfinished result."""

    step: int
    image: bytes = field(repr=False)
    """PNG, `frames` pictures side by side."""
    frames: int


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """The denoise state was stored; a killed job goes on from here."""

    step: int
    kept: bool
    """For forks."""


@dataclass(frozen=True, kw_only=True)
class OutputReady(Event):
    """A result was stored."""

    output: Output


@dataclass(frozen=True, kw_only=True)
class WarningRaised(Event):
    """Something the caller should know though the job goes on."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A stored file."""

    name: str
    """`projects/{p}/assets/{a}`."""
    display_name: str
    media_type: str
    size_bytes: int
    sha256: str
    created: datetime | None
    job: str
    """The job that made it; empty for an upload."""
    expires: datetime | None = None
    """When it is deleted; None while nothing is set to delete it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Ranges and defaults of a video model's requests. Frames are counts, sizes (width, height) in pixels."""

    min_frames: int
    max_frames: int
    frames_step: int
    default_frames: int
    min_size: tuple[int, int]
    max_size: tuple[int, int]
    size_step: int
    default_size: tuple[int, int]
    default_frame_rate: Fraction
    max_steps: int
    default_steps: int
    default_guidance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshLimits:
    """Ranges and defaults of a mesh model's requests. Resolutions are samples along a side of the surface's grid."""

    min_resolution: int
    max_resolution: int
    resolution_step: int
    default_resolution: int
    default_triangles: int
    default_texture_size: int
    """Edge in pixels."""
    max_steps: int
    default_steps: int
    default_guidance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialLimits:
    """Ranges and defaults of a material model's requests. Sizes are the maps' edges in pixels."""

    sizes: tuple[int, ...]
    default_size: int
    max_steps: int
    default_steps: int
    default_guidance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model and what it can do."""

    name: str
    """As requests name it: `kino-mini`."""
    display_name: str
    family: str
    version: str
    description: str
    license: str
    limits: tuple[str, ...]
    """What it can't do, a sentence each."""
    clip: ClipLimits | None
    """Of a video model; None for others."""
    mesh: MeshLimits | None
    """Of a mesh model."""
    material: MaterialLimits | None
    """Of a material model."""
    batch_exact: bool
    image_input: bool
    conditions: tuple[str, ...]
    """What else leads a clip: kinds of `Condition`, such as `edges`, and `repaint`."""
    card: Mapping[str, Any]
    """The whole card as JSON values: `vocabulary`, `held_out`, training data, measured figures."""
    is_default: bool
    """The server's default for what it makes."""

    @property
    def kind(self) -> ModelKind:
        """What it makes."""
        if self.clip is not None:
            return ModelKind.VIDEO
        if self.mesh is not None:
            return ModelKind.MESH
        return ModelKind.UNKNOWN if self.material is None else ModelKind.MATERIAL
