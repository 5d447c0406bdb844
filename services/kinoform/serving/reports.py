"""Reports on files that were written and read back, and their form on the wire."""

from dataclasses import dataclass

from kinoform.media.mesh.report import MeshReport
from kinoform_proto.type.v1 import report_pb2 as pb


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
    """Facts of a prepared picture."""

    width: int
    height: int
    coverage: float
    """Share of it that is edge, or that a cut-out keeps."""
    colours: tuple[tuple[str, float], ...]
    """Of a palette: `#rrggbb` and share, the most frequent first."""


Report = MeshReport | MaterialReport | ConditioningReport


def conditioning_report_to_proto(found: ConditioningReport) -> pb.ConditioningReport:
    """Writes the facts of a prepared picture."""
    return pb.ConditioningReport(
        width=found.width,
        height=found.height,
        coverage=found.coverage,
        colours=[pb.PaletteColour(hex=code, share=share) for code, share in found.colours],
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
