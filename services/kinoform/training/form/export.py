"""From a run folder to the folder that ships: networks in bfloat16, the card, the notices."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import MeshCard, read_card
from kinoform.models.form_mini.family import FormMini
from kinoform.training.cost import cost, history_of
from kinoform.training.export import TooHeavy, weight_of, write_card
from kinoform.training.form import denoiser
from kinoform.training.form.card import form_mini_card
from kinoform.training.form.shards import Shard, families_of, read_shards
from kinoform.training.furniture.catalogue import Item, catalogue
from kinoform.training.furniture.credits import credits as credits_of

HEAVIEST = 12_000_000
"""Bytes of all weights together."""


def export(run: Path, model: Path, shape: denoiser.Shape | None = None) -> MeshCard:
    """Writes the model folder of a run (autoencoder, averaged eye and denoiser) and answers its card.

    Raises:
        TooHeavy: the weights, which stay written.
    """
    model.mkdir(parents=True, exist_ok=True)
    shutil.copytree(run / "autoencoder", model / "autoencoder", dirs_exist_ok=True)
    pair = denoiser.load(run, shape).to(torch.bfloat16)
    pair.denoiser.save_pretrained(model / "denoiser")
    pair.eye.save_pretrained(model / "eye")
    shards = read_shards(run)
    exact = FormMini.from_folder(model).batch_exact
    training = cost(run, ("codec", "denoiser")) | {"solids": sum(len(shard) for shard in shards)}
    furniture = _furniture(shards)
    if furniture:
        (model / "CREDITS").write_text(credits_of(furniture))
    card = form_mini_card(
        families_of(shards),
        furniture=len(furniture),
        batch_exact=exact,
        training={"parts": training, "history": history_of(run)},
    )
    write_card(model, card)
    if (weight := weight_of(model)) > HEAVIEST:
        raise TooHeavy(weight, HEAVIEST)
    return card


def _furniture(shards: Sequence[Shard]) -> list[Item]:
    used = {known["source"] for shard in shards for known in shard.facts if "source" in known}
    return [item for item in catalogue() if item.key in used] if used else []


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes measured figures into a folder's card."""
    card = read_card(model / "card.json")
    card.details["measured"] = json.loads(json.dumps(measured))
    write_card(model, card)
