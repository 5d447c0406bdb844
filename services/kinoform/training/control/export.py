"""From a run folder to the folder `control` of a model, in bfloat16, and what its card says of it."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import card_from_json
from kinoform.models.kino_mini.control import PARTS
from kinoform.models.kino_mini.weights import CONTROL
from kinoform.training.control.branch import fresh_branch, trunk_of
from kinoform.training.cost import cost
from kinoform.training.export import HEAVIEST, TooHeavy, weight_of, write_card
from kinoform.training.latents import Stage
from kinoform.training.loop import averaged_weights

CONDITIONS = ("edges", "depth", "mask", "last_frame", "palette", "repaint")
LIMIT = "What leads a clip is followed in its outline; inside it is soft: `control` in the details says how well."
STAGES: tuple[Stage, ...] = ("keyframe", "clip")


def export(run: Path, model: Path) -> None:
    """Writes branches and follower into the model's folder, and that it takes conditions into its card.

    Raises:
        TooHeavy: the weights, which stay written.
    """
    for stage in STAGES:
        branch = fresh_branch(trunk_of(model, stage))
        branch.load_state_dict(averaged_weights(run / f"control-{stage}.pt"))
        branch.to(torch.bfloat16).save_pretrained(model / CONTROL / stage)
    shutil.copytree(run / "follower", model / CONTROL / "follower", dirs_exist_ok=True)
    _note(model, {"parts": cost(run, tuple(f"control-{stage}" for stage in STAGES)), "follows": list(PARTS)})
    if (weight := weight_of(model)) > HEAVIEST:
        raise TooHeavy(weight, HEAVIEST)


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes the evaluation's figures into a folder's card."""
    _note(model, {"measured": measured})


def _note(model: Path, facts: Mapping[str, Any]) -> None:
    values = json.loads((model / "card.json").read_text())
    values["conditions"] = list(CONDITIONS)
    values["limits"] = [*dict.fromkeys([*values["limits"], LIMIT])]
    values["details"]["control"] = values["details"].get("control", {}) | facts
    write_card(model, card_from_json(values))
