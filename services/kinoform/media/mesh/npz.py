"""Named parts as bytes between a worker and its parent: never a file format of ours."""

import io
from typing import Final

import numpy as np

from kinoform.media.mesh.model import Material, Mesh, Part

_MESH: Final = ("positions", "triangles", "normals", "uvs", "colours")
_MATERIAL: Final = ("base_colour", "normal", "orm")


def part_to_npz(name: str, part: Part) -> bytes:
    """Every array of the part that is there, its name and its material's."""
    mesh, material = part.mesh, part.material
    arrays = dict(zip(_MESH, (mesh.positions, mesh.triangles, mesh.normals, mesh.uvs, mesh.colours), strict=True))
    arrays["name"] = np.frombuffer(name.encode(), np.uint8)
    if material is not None:
        arrays |= zip((f"m_{k}" for k in _MATERIAL), (material.base_colour, material.normal, material.orm), strict=True)
        arrays["m_name"] = np.frombuffer(material.name.encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: array for name, array in arrays.items() if array is not None})
    return buffer.getvalue()


def part_from_npz(data: bytes) -> tuple[str, Part]:
    """Name and part again, equal to the last bit."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    mesh = Mesh(
        positions=found["positions"],
        triangles=found["triangles"],
        normals=found["normals"],
        uvs=found.get("uvs"),
        colours=found.get("colours"),
    )
    name = found["name"].tobytes().decode()
    if "m_name" not in found:
        return name, Part(mesh=mesh)
    material = Material(
        name=found["m_name"].tobytes().decode(),
        base_colour=found["m_base_colour"],
        normal=found.get("m_normal"),
        orm=found.get("m_orm"),
    )
    return name, Part(mesh=mesh, material=material)
