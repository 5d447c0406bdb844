"""What a mesh file holds, read back from the file itself."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kinoform.media.errors import MediaUnsupported
from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.sandbox import in_worker


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshReport:
    """Facts of a mesh file's triangles and textures. Vertices are joined by place where a fact needs a surface."""

    format: MeshFormat
    triangles: int
    vertices: int
    """As stored: those split along UV seams count each time."""
    watertight: bool
    """Whether each edge is passed as often one way as the other."""
    manifold: str
    """manifold3d's status; `NoError` if the surface bounds a solid."""
    volume_m3: float | None
    """None unless watertight."""
    size_m: tuple[float, float, float]
    """Of the box around it: along X, Y (up), Z."""
    uv_min: tuple[float, float] | None
    uv_max: tuple[float, float] | None
    texture_sizes: tuple[tuple[str, int, int], ...]
    """Name, width, height: `base_colour`, `normal`, `orm`."""
    findings: tuple[str, ...]
    """What the format's validators object to; empty if nothing."""


def report(file: Path | bytes, format: MeshFormat, limits: MeshLimits | None = None) -> MeshReport:  # noqa: A002
    """Examine a file of a format, in a worker. Raises what `read_mesh` raises; MediaUnsupported for another format."""
    data = file if isinstance(file, bytes) else file.read_bytes()
    limits = limits or MeshLimits()
    found = probe_mesh(data, limits).format
    if found is not format:
        raise MediaUnsupported(f"a {found} file, not {format}")
    return _decoded(in_worker("report", data, limits))


def encoded(made: MeshReport) -> bytes:
    """For the way from the worker."""
    return json.dumps(asdict(made)).encode()


def _decoded(data: bytes) -> MeshReport:
    facts = json.loads(data)
    return MeshReport(
        format=MeshFormat(facts["format"]),
        triangles=facts["triangles"],
        vertices=facts["vertices"],
        watertight=facts["watertight"],
        manifold=facts["manifold"],
        volume_m3=facts["volume_m3"],
        size_m=tuple(facts["size_m"]),
        uv_min=_pair(facts["uv_min"]),
        uv_max=_pair(facts["uv_max"]),
        texture_sizes=tuple((name, width, height) for name, width, height in facts["texture_sizes"]),
        findings=tuple(facts["findings"]),
    )


def _pair(values: list[float] | None) -> tuple[float, float] | None:
    return None if values is None else (values[0], values[1])
