"""A glTF scene's nodes, flattened."""

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.json_node import Node, entry

_IDENTITY = tuple(np.eye(4).reshape(-1).tolist())


def placements(document: Node, limits: MeshLimits) -> list[tuple[int, npt.NDArray[np.float64]]]:
    """Each mesh's number and its place in the world (4, 4), on column vectors. Raises MediaCorrupt for loops."""
    nodes = document.nodes("nodes", limits.max_nodes)
    waiting = [(root, np.eye(4)) for root in reversed(_roots(document, nodes, limits))]
    seen: set[int] = set()
    found = []
    while waiting:
        index, parent = waiting.pop()
        if index in seen:
            raise MediaCorrupt(f"node {index} hangs from two nodes, or from itself")
        seen.add(index)
        node = entry(nodes, index, "node")
        world = _within(parent, node)
        if "mesh" in node:
            found.append((node.integer("mesh"), world))
        children = node.nodes("children", limits.max_nodes)
        waiting += [(child.as_integer(), world) for child in reversed(children)]
    return found


def _roots(document: Node, nodes: list[Node], limits: MeshLimits) -> list[int]:
    scenes = document.nodes("scenes", limits.max_nodes)
    if scenes:
        scene = entry(scenes, document.integer("scene", 0), "scene")
        return [root.as_integer() for root in scene.nodes("nodes", limits.max_nodes)]
    children = {child.as_integer() for node in nodes for child in node.nodes("children", limits.max_nodes)}
    return [index for index in range(len(nodes)) if index not in children]


def _within(parent: npt.NDArray[np.float64], node: Node) -> npt.NDArray[np.float64]:
    if not any(key in node for key in ("matrix", "translation", "rotation", "scale")):
        return parent  # as thousands of nodes do
    with np.errstate(all="ignore"):  # what overflows is found not finite by the assembly
        return parent @ _local(node)


def _local(node: Node) -> npt.NDArray[np.float64]:
    if "matrix" in node:
        return np.array(node.numbers("matrix", _IDENTITY)).reshape(4, 4).T  # stored by columns
    matrix = np.eye(4)
    matrix[:3, :3] = _rotation(node.numbers("rotation", (0, 0, 0, 1))) * node.numbers("scale", (1, 1, 1))
    matrix[:3, 3] = node.numbers("translation", (0, 0, 0))
    return matrix


def _rotation(quaternion: list[float]) -> npt.NDArray[np.float64]:
    """(3, 3), from (x, y, z, w), which need not be of unit length."""
    with np.errstate(all="ignore"):
        x, y, z, w = np.array(quaternion) / (np.linalg.norm(quaternion) or 1.0)
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
