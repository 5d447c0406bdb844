"""From a run folder to the folder that ships: networks in bfloat16, the card, the notices."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import MeshCard, read_card
from kinoform.models.form_mini.family import FormMini
from kinoform.training.cost import cost
from kinoform.training.export import weight_of, write_card
from kinoform.training.form import denoiser
from kinoform.training.form.card import form_mini_card
from kinoform.training.form.shards import read_shards

HEAVIEST = 12_000_000
"""Bytes of all weights together."""


class TooHeavy(ValueError):
    """The weights are larger than the model may be."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size

    def __str__(self) -> str:
        return f"{self.size} bytes of weights, at most {HEAVIEST}"


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
    families = sorted({known["family"] for shard in read_shards(run) for known in shard.facts})
    exact = FormMini.from_folder(model).batch_exact
    training = cost(run, ("codec", "denoiser")) | {"solids": sum(len(shard) for shard in read_shards(run))}
    card = form_mini_card(tuple(families), batch_exact=exact, training={"parts": training})
    write_card(model, card)
    if (weight := weight_of(model)) > HEAVIEST:
        raise TooHeavy(weight)
    return card


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes measured figures into a folder's card."""
    card = read_card(model / "card.json")
    card.details["measured"] = json.loads(json.dumps(measured))
    write_card(model, card)
