"""From a run folder to the folder that ships: networks in bfloat16 and the card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import MaterialCard, card_from_json
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.family import GrainMini
from kinoform.models.grain_mini.weights import PARTS
from kinoform.training.cost import cost
from kinoform.training.export import TooHeavy, weight_of, write_card
from kinoform.training.grain import denoiser
from kinoform.training.grain.card import grain_card
from kinoform.training.grain.denoiser import Shape

HEAVIEST = 4_000_000
"""Bytes of all weights together that the package may carry."""


def export(run: Path, model: Path, shape: Shape) -> MaterialCard:
    """Writes the model folder of a run (autoencoder, averaged denoiser and refiner) and answers its card.

    Raises:
        TooHeavy: the weights, which stay written.
    """
    codec = MaterialAutoencoder.from_pretrained(run / "autoencoder", torch_dtype=torch.bfloat16)
    codec.save_pretrained(model / "autoencoder")
    pair = denoiser.load(run, shape).to(torch.bfloat16)
    pair.denoiser.save_pretrained(model / "denoiser")
    pair.refiner.save_pretrained(model / "refiner")
    for part in PARTS:
        _forget_origin(model / part / "config.json")
    exact = GrainMini.from_folder(model).batch_exact
    history = run / "history.txt"
    card = grain_card(
        batch_exact=exact,
        training={
            "parts": cost(run, ("codec", "denoiser")),
            "history": history.read_text().splitlines() if history.exists() else [],
            "resume": "the same commands again: each goes on from the run folder's last checkpoint",
        },
    )
    write_card(model, card)
    if (weight := weight_of(model)) > HEAVIEST:
        raise TooHeavy(weight, HEAVIEST)
    return card


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes `Report.to_json()`'s figures into a folder's card."""
    values = json.loads((model / "card.json").read_text())
    values["details"]["measured"] = measured
    write_card(model, card_from_json(values))


def _forget_origin(config: Path) -> None:
    # diffusers notes the folder that weights were loaded from: of no use to others
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")
