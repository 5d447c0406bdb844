"""Things placed in a scene, with their finish: arrays of triangles that are simply put one after the other."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.render.tone import from_srgb
from kinoform.training.depth.meshes import Thing

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Finish(NamedTuple):
    """What a surface is like."""

    tile: int = -1
    """Number of its texture in the bank; -1 for none."""
    density: float = 1.0
    """Tiles a metre."""
    turn: float = 0.0
    """Radians the texture is turned by."""
    tint: tuple[float, float, float] | None = None
    """Linear colour instead of the thing's own, or times the texture."""
    gloss: float = 0.0
    """Strength of highlights."""
    exponent: float = 20.0
    """Their sharpness (Blinn 1977)."""


class Piece(NamedTuple):
    """m triangles in the world: metres, y up."""

    corners: Floats
    """(m, 3, 3)"""
    normals: Floats
    """(m, 3, 3)"""
    colours: Floats
    """(m, 3) linear."""
    uvs: Floats
    """(m, 3, 2) in tiles."""
    tiles: Ints
    """(m,) -1 for none."""
    density: Floats
    """(m,) tiles a metre."""
    gloss: Floats
    """(m, 2): strength and exponent."""


def placed(thing: Thing, sides: npt.ArrayLike, turn: npt.ArrayLike, position: npt.ArrayLike, finish: Finish) -> Piece:
    """sides: (3,) factors or one, metres; turn: (3, 3) rotation applied after them; position: (3,) metres."""
    factors = np.broadcast_to(np.asarray(sides, np.float64), (3,))
    rotation = np.asarray(turn, np.float64)
    local = thing.corners * factors
    normals = (thing.normals / np.maximum(factors, 1e-9)) @ rotation.T
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    count = len(thing.corners)
    colours = thing.colours if finish.tint is None else np.tile(np.array(finish.tint, np.float32), (count, 1))
    return Piece(
        corners=(local @ rotation.T + np.asarray(position)).astype(np.float32),
        normals=normals.astype(np.float32),
        colours=colours if finish.tint is not None or finish.tile < 0 else np.ones_like(colours),
        uvs=_box_mapped(local, finish),
        tiles=np.full(count, finish.tile),
        density=np.full(count, finish.density, np.float32),
        gloss=np.tile(np.array([finish.gloss, finish.exponent], np.float32), (count, 1)),
    )


def joined(pieces: list[Piece]) -> Piece:
    """All of them as one."""
    return Piece(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))


def rectangle(corner: npt.ArrayLike, along: npt.ArrayLike, up: npt.ArrayLike, finish: Finish) -> Piece:
    """A flat piece: `corner`, and the two sides that leave it; (3,) metres each, not of length 0."""
    start, a, b = (np.asarray(vector, np.float64) for vector in (corner, along, up))
    corners = np.array([[start, start + a, start + a + b], [start, start + a + b, start + b]])
    normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    thing = Thing(
        corners.astype(np.float32), np.tile(normal.astype(np.float32), (2, 3, 1)), np.full((2, 3), 0.6, np.float32)
    )
    return placed(thing, 1.0, np.eye(3), (0, 0, 0), finish)


def upright(yaw: float) -> npt.NDArray[np.float64]:
    """(3, 3): a turn about y."""
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])


def tumbled(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(3, 3): any rotation, uniformly."""
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(rotation * np.sign(np.linalg.det(rotation)))


def any_finish(rng: np.random.Generator, tiles: int, *, textured: float, own: float = 0.0) -> Finish:
    """textured, own: shares of finishes with a texture, and of those without one that keep the thing's own colours."""
    has_tile = bool(rng.random() < textured)
    tint = None
    if not has_tile and rng.random() >= own:
        level, hue = rng.uniform(0.04, 0.95), rng.choice([0.02, 0.06, 0.2])
        tint = _triple(from_srgb(np.clip(level + rng.normal(0, hue, 3), 0.02, 1).astype(np.float32)))
    elif has_tile and rng.random() < 0.3:
        tint = _triple(np.clip(rng.uniform(0.2, 1) + rng.normal(0, 0.05, 3), 0.05, 1))
    shiny = bool(rng.random() < 0.4)
    return Finish(
        tile=int(rng.integers(tiles)) if has_tile else -1,
        density=float(np.exp(rng.uniform(np.log(0.25), np.log(3)))),
        turn=float(rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])),
        tint=tint,
        gloss=float(rng.uniform(0.05, 0.8)) if shiny else 0.02,
        exponent=float(np.exp(rng.uniform(np.log(8), np.log(300)))),
    )


def _box_mapped(local: npt.NDArray[np.float64], finish: Finish) -> Floats:
    facets = np.abs(np.cross(local[:, 1] - local[:, 0], local[:, 2] - local[:, 0]))
    across = np.array([[2, 1], [0, 2], [0, 1]])[facets.argmax(axis=1)]
    flat = np.take_along_axis(local, np.repeat(across[:, None], 3, axis=1), axis=2) * finish.density
    sine, cosine = np.sin(finish.turn), np.cos(finish.turn)
    return np.asarray(flat @ np.array([[cosine, sine], [-sine, cosine]]) + 0.37, np.float32)


def _triple(values: npt.NDArray[np.floating]) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
