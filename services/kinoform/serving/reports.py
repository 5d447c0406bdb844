"""Reports on files that were written and read back, and their form on the wire."""

from dataclasses import dataclass
from fractions import Fraction

from kinoform.media.mesh.report import MeshReport
from kinoform_proto.type.v1 import report_pb2 as pb
from kinoform_proto.type.v1.type_pb2 import FrameRate

_SLOWEST, _FASTEST = Fraction(1, 1001), 240_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialReport:
    """Facts of a set of material maps."""

    size: int
    """Edge of the maps in pixels."""
    size_m: float
    """Edge of the tile in metres."""
    tileability_x: float
    """How visible the seam is, see `kinoform.media.material.relief.tileability`."""
    tileability_y: float
    findings: tuple[str, ...]
    """What MaterialX's own validation objects to; empty if nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditioningReport:
    """Facts of a prepared picture, or of the frames of a prepared clip."""

    width: int
    height: int
    coverage: float
    """Share of it that is edge, or that a cut-out keeps."""
    colours: tuple[tuple[str, float], ...]
    """Of a palette: `#rrggbb` and share, the most frequent first."""
    frames: int = 0
    """Of a clip; 0 for what was made of a picture."""
    rate: Fraction | None = None
    """Frames per second, where the clip's file says it."""


Report = MeshReport | MaterialReport | ConditioningReport


def conditioning_report_to_proto(found: ConditioningReport) -> pb.ConditioningReport:
    """Writes the facts of a prepared picture or clip."""
    return pb.ConditioningReport(
        width=found.width,
        height=found.height,
        coverage=found.coverage,
        colours=[pb.PaletteColour(hex=code, share=share) for code, share in found.colours],
        frames=found.frames,
        rate=None if found.rate is None else _rate_to_proto(found.rate),
    )


def mesh_report_to_proto(found: MeshReport) -> pb.MeshReport:
    """Writes the facts of a mesh file."""
    return pb.MeshReport(
        triangles=found.triangles,
        vertices=found.vertices,
        watertight=found.watertight,
        manifold=found.manifold,
        volume_m3=found.volume_m3 or 0.0,
        size_m=found.size_m,
        uv_min=found.uv_min or (),
        uv_max=found.uv_max or (),
        textures=[pb.TextureInfo(role=role, width=width, height=height) for role, width, height in found.texture_sizes],
        findings=found.findings,
    )


def material_report_to_proto(found: MaterialReport) -> pb.MaterialReport:
    """Writes the facts of material maps."""
    return pb.MaterialReport(
        size=found.size,
        size_m=found.size_m,
        tileability_x=found.tileability_x,
        tileability_y=found.tileability_y,
        findings=found.findings,
    )


def _rate_to_proto(rate: Fraction) -> FrameRate:
    """The nearest rate that the message has room for: average times need not be round."""
    near = min(max(rate, _SLOWEST), Fraction(_FASTEST)).limit_denominator(1001)
    near = near if near.numerator <= _FASTEST else Fraction(round(near))
    return FrameRate(numerator=near.numerator, denominator=near.denominator)
