"""From a run folder to the folder that ships: the network in bfloat16, the card, the credits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from kinoform.training.cost import cost
from kinoform.training.depth.card import depth_mini_card
from kinoform.training.depth.learner import Shape, load
from kinoform.training.depth.shards import Shard, read_shards
from kinoform.training.export import TooHeavy, weight_of
from kinoform.training.furniture.catalogue import Item, catalogue
from kinoform.training.furniture.credits import HEAD
from kinoform.training.furniture.credits import credits as credits_of

HEAVIEST = 4_000_000
"""Bytes of the weights."""

OWN_HEAD = """\
3D models of furniture
======================

Training and evaluation use models from the Debian package sweethome3d-furniture (https://www.sweethome3d.com), cleaned
and converted to OBJ by Emmanuel Puybaret / eTeks. They were changed: reduced to fewer triangles in even colours,
scaled, put into scenes and rendered. Their authors endorse neither these changes nor this project.
"""


def export(run: Path, model: Path, shape: Shape | None = None) -> None:
    """Writes the model folder of a run: the averaged network, the card, whom to thank.

    Raises:
        TooHeavy: the weights, which stay written.
    """
    model.mkdir(parents=True, exist_ok=True)
    load(run, shape).to(torch.bfloat16).save_pretrained(model / "network")
    shards = read_shards(run, "lessons")
    furniture = _furniture(shards)
    if furniture:
        (model / "CREDITS").write_text(OWN_HEAD + credits_of(furniture).removeprefix(HEAD))
    pictures = sum(len(shard) for shard in shards)
    training = {"parts": cost(run, ("depth",)), "pictures": pictures}
    _write(model, depth_mini_card(furniture=len(furniture), training=training))
    if (weight := weight_of(model)) > HEAVIEST:
        raise TooHeavy(weight, HEAVIEST)


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes measured figures into a folder's card."""
    card = json.loads((model / "card.json").read_text())
    card["details"]["measured"] = dict(measured)
    _write(model, card)


def _furniture(shards: Sequence[Shard]) -> list[Item]:
    used = {key for shard in shards for key in shard.sources}
    return [item for item in catalogue() if item.key in used] if used else []


def _write(model: Path, card: Mapping[str, Any]) -> None:
    (model / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
