"""Results as numpy arrays and trimesh objects. The packages for it are loaded when they are used: `kinoform[mesh]`."""

from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, cast

from kinoform_client.archive import MATERIAL, map_files, open_stored
from kinoform_client.errors import DataLossError, ErrorDetails, MissingDependencyError, invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from trimesh import Trimesh

    Picture = NDArray[np.uint8] | NDArray[np.uint16]
    """(h, w) for one channel, else (h, w, c) with RGB or RGBA; as many bits as the file has. Row 0 is the top."""

_MOST_PIXELS = 1 << 25
_EXACT = ("gray", "gray16be", "rgb24", "rgba", "rgb48be", "rgba64be")
_TRIMESH_TYPES = {"glb": "glb", "ply": "ply", "stl": "stl", "3mf": "3mf", "obj": "zip"}


def needs(*packages: str) -> None:
    """Raises MissingDependencyError, naming what to install."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(f"this needs {' and '.join(missing)}: pip install 'kinoform[mesh]'")


def mesh_type(role: str) -> str:
    """What trimesh calls the files of a role, `glb` or `glb_lod1`. Raises InvalidArgumentError if it reads none."""
    kind = role.partition("_lod")[0]
    if kind not in _TRIMESH_TYPES:
        raise invalid("role", f"trimesh reads {', '.join(_TRIMESH_TYPES)}; got {role!r}")
    return _TRIMESH_TYPES[kind]


def mesh_from_bytes(data: bytes, file_type: str) -> "Trimesh":
    """The file's triangles as one object, with its texture or colours. file_type: as `mesh_type` gives it."""
    import trimesh

    return trimesh.load_mesh(BytesIO(data), file_type=file_type, process=False)


def picture_from_bytes(data: bytes) -> "Picture":
    """A PNG, JPEG or WebP file's pixels. Raises DataLossError if they can't be read."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(BytesIO(data), mode="r") as container:
            stream = container.streams.video[0]
            if stream.width * stream.height > _MOST_PIXELS:
                raise _unreadable(f"{stream.width} x {stream.height} pixels are too many")
            frame = next(container.decode(stream))
    except (FFmpegError, IndexError, StopIteration) as error:
        raise _unreadable(str(error)) from error
    # Read as they are, not converted: 16 bits stay 16 bits.
    form = frame.format.name if frame.format.name in _EXACT else "rgb24"
    return cast("Picture", frame.to_ndarray(format=form))


def maps_from_bytes(data: bytes) -> "dict[str, Picture]":
    """The maps in a material's ZIP file, by their names: `base_colour`, `normal`, … Raises DataLossError."""
    with open_stored(BytesIO(data), MATERIAL) as archive:
        return {name: picture_from_bytes(archive.read(file)) for name, file in map_files(archive).items()}


def _unreadable(what: str) -> DataLossError:
    return DataLossError(f"the picture can't be read: {what}", ErrorDetails(code="DATA_LOSS", reason="BAD_PICTURE"))
