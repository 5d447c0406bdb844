"""From a run folder to the folders that ship: networks or adapters in bfloat16, the card, the notices."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kinoform.models.card import AnyCard, VideoCard, card_from_json
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import denoiser
from kinoform.training.card import NAME, TURBO, kino_mini_card, turbo_card
from kinoform.training.cost import cost, history_of
from kinoform.training.denoiser import SHAPES, Shape
from kinoform.training.distill import FILES
from kinoform.training.latents import Stage

FOLDERS: dict[Stage, str] = {"keyframe": "keyframe", "clip": "denoiser"}
HEAVIEST = 26_000_000
"""Bytes of all weights together that the package may carry."""

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


class TooHeavy(ValueError):
    """The weights are larger than they may be."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.size} bytes of weights, at most {self.limit}"


def export(run: Path, model: Path, shapes: Mapping[Stage, Shape] = SHAPES) -> VideoCard:
    """Writes the model folder of a run (autoencoder, planner and both averaged denoisers) and answers its card.

    Raises:
        TooHeavy: the weights, which stay written.
    """
    model.mkdir(parents=True, exist_ok=True)
    for name in ("autoencoder", "planner"):
        shutil.copytree(run / name, model / name, dirs_exist_ok=True)
        _forget_origin(model / name / "config.json")
    for stage, name in FOLDERS.items():
        network = denoiser.load(run, stage, shapes[stage])
        network.to(torch.bfloat16).save_pretrained(model / name)
    exact = KinoMini.from_folder(model).batch_exact
    training = _training(run, ("codec", "keyframe", "clip", "decoder"))
    return _finish(model, kino_mini_card(batch_exact=exact, training=training), weight_of(model))


def export_turbo(run: Path, model: Path) -> VideoCard:
    """Writes the folder of the distilled variant, whose base is the sibling folder kino-mini, and answers its card.

    Raises:
        WeightsMissing: the base is not there.
        TooHeavy: the weights together with the base's.
    """
    model.mkdir(parents=True, exist_ok=True)
    for name in FILES.values():
        shutil.copyfile(run / name, model / name)
    training = _training(run, ("distill_keyframe", "distill_clip"))
    write_card(model, turbo_card(batch_exact=False, training=training))  # names the base, which loading asks for
    exact = KinoMini.from_folder(model, name=TURBO).batch_exact
    weight = weight_of(model) + weight_of(model.parent / NAME)
    return _finish(model, turbo_card(batch_exact=exact, training=training), weight)


def weight_of(model: Path) -> int:
    """Bytes of all weights in a model folder."""
    return sum(file.stat().st_size for file in model.rglob("*.safetensors"))


def record(model: Path, measured: Mapping[str, Any]) -> None:
    """Writes `Report.to_json()`'s figures into a folder's card; into a turbo's also what it costs against its base."""
    values = json.loads((model / "card.json").read_text())
    values["details"]["measured"] = measured
    if base := values["details"].get("base"):
        values["details"]["points_below_base"] = _points_below(model.parent / base, measured["generated"])
    write_card(model, card_from_json(values))


def write_card(model: Path, card: AnyCard) -> None:
    """Writes card.json."""
    (model / "card.json").write_text(json.dumps(card.to_json(), indent=1, ensure_ascii=False) + "\n")


def _finish(model: Path, card: VideoCard, weight: int) -> VideoCard:
    (model / "NOTICE").write_text(NOTICE)
    write_card(model, card)
    if weight > HEAVIEST:
        raise TooHeavy(weight, HEAVIEST)
    return card


def _points_below(base: Path, generated: Mapping[str, float]) -> dict[str, float] | None:
    """By how many points of a hundred fewer clips show what they should than the base's; None before it is measured."""
    details = json.loads((base / "card.json").read_text())["details"]
    if "measured" not in details:
        return None
    return {part: round(100 * (share - generated[part]), 1) for part, share in details["measured"]["generated"].items()}


def _forget_origin(config: Path) -> None:
    # diffusers notes the folder that weights were loaded from: of no use to others
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")


def _training(run: Path, parts: tuple[str, ...]) -> dict[str, Any]:
    """What the card tells of a run; history.txt in the run folder, where there is one, tells of changes on the way."""
    return {
        "parts": cost(run, parts),
        "history": history_of(run),
        "resume": "the same commands again: each goes on from the run folder's last checkpoint",
    }
