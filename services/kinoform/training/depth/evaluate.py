"""How well depth-mini does: on a photograph with measured depth, and on rendered scenes that no training saw."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage import data

from kinoform.models.depth_mini.predict import DepthMini
from kinoform.training.depth.align import Errors, aligned, constant_plane, errors, median_angle, tilted_plane
from kinoform.training.depth.shards import Shard

EXAM = 200
"""Rendered pictures that it is measured on."""
PICTURE = (144, 108)
"""Width and height of an exam's picture: the middle of a stored one, as photographs are."""

Found = dict[str, Any]


def on_motorcycle(model: DepthMini) -> Found:
    """The left picture of scikit-image's `stereo_motorcycle` (Scharstein et al. 2014), its disparity as inverse depth:
    errors after least squares, in pixels of disparity, beside planes that know the truth."""
    left, _, disparity = data.stereo_motorcycle()
    valid = np.isfinite(disparity) & (disparity > 0)
    truth = np.where(valid, disparity, 1)
    return beside_planes(model.see(left).inverse_depth, truth, valid)


def beside_planes(
    predicted: npt.NDArray[np.floating], truth: npt.NDArray[np.floating], valid: npt.NDArray[np.bool_]
) -> Found:
    """Errors of an aligned prediction, of the best constant and of the best tilted plane; (h, w) each."""
    answers = {
        "depth_mini": aligned(predicted, truth, valid),
        "constant_plane": constant_plane(truth, valid),
        "tilted_plane": tilted_plane(truth, valid),
    }
    return {name: _rounded(errors(answer, truth, valid)) for name, answer in answers.items()}


def on_scenes(model: DepthMini, shards: Sequence[Shard], count: int) -> Found:
    """Mean errors over held-out pictures, spread over all scenes, and the median of their normals' median angles."""
    places = [(shard, row) for shard in shards for row in range(len(shard))]
    chosen = [places[number] for number in np.linspace(0, len(places) - 1, min(count, len(places))).astype(int)]
    results = [_on_scene(model, shard, row) for shard, row in chosen]
    names = results[0][0]
    means = {
        name: {
            part: round(float(np.mean([getattr(found[name], part) for found, _ in results])), 4)
            for part in ("within", "abs_rel")
        }
        for name in names
    }
    return {"pictures": len(results), **means, "normals_degrees": round(float(np.median([a for _, a in results])), 2)}


def exam_picture(
    shard: Shard, row: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The middle of a stored picture, with its inverse depth (h, w) and normals (h, w, 3)."""
    side = shard.pictures.shape[1]
    top = (side - side * PICTURE[1] // PICTURE[0]) // 2
    rows = slice(top, side - top)
    normals = shard.normals[row][rows].astype(np.float32) / 127
    return shard.pictures[row][rows], shard.inverse_depths[row][rows].astype(np.float32), normals


def _on_scene(model: DepthMini, shard: Shard, row: int) -> tuple[dict[str, Errors], float]:
    pixels, truth, normals = exam_picture(shard, row)
    surface = np.linalg.norm(normals, axis=2) > 0.5
    seen = model.see(np.ascontiguousarray(pixels))
    found = {
        "depth_mini": errors(aligned(seen.inverse_depth, truth, surface), truth, surface),
        "constant_plane": errors(constant_plane(truth, surface), truth, surface),
        "tilted_plane": errors(tilted_plane(truth, surface), truth, surface),
    }
    return found, median_angle(seen.normals, normals, surface)


def _rounded(found: Errors) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found._asdict().items()}
