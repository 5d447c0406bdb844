"""How much of a mesh file is taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshLimits:
    """Bounds on one uploaded mesh; what is beyond them raises MediaTooLarge."""

    max_bytes: int = 256 << 20
    max_inflated_bytes: int = 512 << 20
    """Of all members of a zip file."""
    max_members: int = 1024
    """Of a zip file."""
    max_triangles: int = 2_000_000
    max_vertices: int = 6_000_000
    """As stored; three for each triangle where nothing is shared."""
    max_nodes: int = 65_536
    """Nodes, meshes, buffer views and the like, of each kind, in a scene."""
    max_texture_pixels: int = 16_777_216
    """Of one texture."""
    timeout_s: float = 60.0
    """Of the worker, wall clock and processor alike."""
    memory_bytes: int = 4 << 30
    """Of the worker's address space."""
