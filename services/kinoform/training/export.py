"""From a run folder to the folder that ships: both networks in bfloat16, the card, the notices."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import ModelCard, card_from_json
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import denoiser
from kinoform.training.card import kino_mini_card
from kinoform.training.evaluate import Report
from kinoform.training.loop import averaged_weights

NOTICE = """\
The weights in this folder were trained on clips rendered from animated emoji.

Fluent Emoji, https://github.com/microsoft/fluentui-emoji
Copyright (c) Microsoft Corporation

Packaged as @lobehub/fluent-emoji-anim-1, -2, -3 and -4, https://github.com/lobehub/fluent-emoji
Copyright (c) LobeHub

Both under the MIT License:

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def export(run: Path, model: Path, shape: denoiser.Shape) -> ModelCard:
    """Writes the model folder of a run (its frozen autoencoder and averaged denoiser) and answers its card."""
    model.mkdir(parents=True, exist_ok=True)
    shutil.copytree(run / "autoencoder", model / "autoencoder", dirs_exist_ok=True)
    _forget_origin(model / "autoencoder" / "config.json")
    denoiser.load(run / "denoiser.pt", shape).to(torch.bfloat16).save_pretrained(model / "denoiser")
    (model / "NOTICE").write_text(NOTICE)
    card = kino_mini_card(batch_exact=KinoMini.from_folder(model).batch_exact, training=_training(run))
    write_card(model, card)
    return card


def record(model: Path, report: Report) -> None:
    """Writes measured figures into a model folder's card."""
    values = json.loads((model / "card.json").read_text())
    values["details"]["measured"] = report.to_json()
    write_card(model, card_from_json(values))


def write_card(model: Path, card: ModelCard) -> None:
    """Writes card.json."""
    (model / "card.json").write_text(json.dumps(card.to_json(), indent=1, ensure_ascii=False) + "\n")


def _forget_origin(config: Path) -> None:
    # diffusers notes the folder that weights were loaded from: of no use to others
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")


def _training(run: Path) -> dict[str, Any]:
    """What the card tells of a run; history.txt in the run folder, where there is one, tells of changes on the way."""
    history = run / "history.txt"
    state = torch.load(run / "denoiser.pt", weights_only=True)
    return {
        "denoiser_steps": int(state["step"]),
        "denoiser_parameters": sum(weight.numel() for weight in averaged_weights(run / "denoiser.pt").values()),
        "history": history.read_text().splitlines() if history.exists() else [],
        "resume": "the same commands again: each goes on from the run folder's last checkpoint",
    }
