"""Low-rank changes: merged exactly, refused by name, and a whole model over its neighbour's weights."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import BadCheckpoint
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.lora import LoraMismatch, merge
from kinoform.models.load import load_family
from kinoform.models.registry import parse_registration
from tests.models.tiny_kino import lora
from tests.video.tiny_model import write_tiny_model, write_tiny_turbo

REQUEST = ClipRequest(prompt="a penguin", frames=4, width=32, height=32, steps=4, guidance=1.0, seed=1)


@pytest.fixture
def turbo(tmp_path: Path) -> Path:
    """A turbo folder; its base is `tiny` beside it."""
    return write_tiny_turbo(tmp_path / "tiny-turbo", base=write_tiny_model(tmp_path / "tiny"))


def layers() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 5), nn.ModuleDict({"inner": nn.Linear(5, 4)}), nn.LayerNorm(4))


def test_a_merged_layer_answers_as_the_layer_with_its_side_path(tmp_path: Path) -> None:
    model, merged = layers(), layers()
    tensors = {name: tensor.double() for name, tensor in lora(model, torch.Generator().manual_seed(1)).items()}
    save_file({name: tensor.float() for name, tensor in tensors.items()}, tmp_path / "lora.safetensors")
    merge(merged, tmp_path / "lora.safetensors")
    for name in ("0", "1.inner"):
        layer, changed = model.get_submodule(name).double(), merged.get_submodule(name).double()
        x = torch.randn(3, layer.in_features, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        down, up = tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"]
        torch.testing.assert_close(changed(x), layer(x) + x @ down.T @ up.T, rtol=1e-5, atol=1e-5)
        assert not torch.equal(changed(x), layer(x))


PAIR = {"0.lora_A.weight": torch.ones(2, 6), "0.lora_B.weight": torch.ones(5, 2)}
BROKEN: dict[str, tuple[dict[str, Tensor], str]] = {
    "unknown layer": ({"7.lora_A.weight": torch.ones(2, 6), "7.lora_B.weight": torch.ones(5, 2)}, "7: .*no such"),
    "no linear layer": ({"2.lora_A.weight": torch.ones(2, 4), "2.lora_B.weight": torch.ones(4, 2)}, "2: .*no such"),
    "half a pair": ({"0.lora_A.weight": torch.ones(2, 6)}, r"0\.lora_B\.weight: missing"),
    "other width": (PAIR | {"0.lora_A.weight": torch.ones(2, 7)}, r"0: A \(2, 7\), B \(5, 2\) make no \(5, 6\)"),
    "other rank": (PAIR | {"0.lora_B.weight": torch.ones(5, 3)}, "0: A"),
    "no matrix": (PAIR | {"0.lora_A.weight": torch.ones(2)}, "0: A"),
    "other key": (PAIR | {"0.alpha": torch.ones(1)}, r"0\.alpha: ends in neither"),
}


@pytest.mark.parametrize(("tensors", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_fit_is_named_and_changes_nothing(
    tmp_path: Path, tensors: dict[str, Tensor], reason: str
) -> None:
    model, file = layers(), tmp_path / "lora.safetensors"
    save_file(PAIR | tensors if "0.lora_A.weight" not in tensors else tensors, file)
    with pytest.raises(LoraMismatch, match=reason):
        merge(model, file)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), layers().parameters(), strict=True))


def test_a_file_that_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lora.safetensors").write_bytes(b"garbage")
    with pytest.raises(LoraMismatch, match="no safetensors"):
        merge(layers(), tmp_path / "lora.safetensors")


def test_a_turbo_folder_is_its_base_with_the_changes_merged(turbo: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    shutil.copytree(tmp_path / "tiny", merged)
    for part in ("keyframe", "denoiser"):
        model: VideoDenoiser = VideoDenoiser.from_pretrained(merged / part)
        changes = load_file(turbo / f"{part}_lora.safetensors")
        for name in {key.rsplit(".lora_", 1)[0] for key in changes}:
            product = changes[f"{name}.lora_B.weight"] @ changes[f"{name}.lora_A.weight"]
            model.get_submodule(name).weight.data += product
        model.save_pretrained(merged / part)
    assert make(load(turbo)) == make(load(merged)) != make(load(tmp_path / "tiny"))


def test_checkpoints_do_not_pass_between_base_and_turbo(turbo: Path, tmp_path: Path) -> None:
    base, changed = load(tmp_path / "tiny"), load(turbo)
    for one, other in ((base, changed), (changed, base)):
        saved = one.save(one.begin(REQUEST, one.encode(REQUEST)))
        with pytest.raises(BadCheckpoint, match="wanted"):
            other.load(saved)


@pytest.mark.parametrize("missing", ["keyframe_lora.safetensors", "denoiser_lora.safetensors", "card.json"])
def test_a_turbo_folder_that_lacks_a_file_is_refused(turbo: Path, missing: str) -> None:
    (turbo / missing).unlink()
    with pytest.raises(WeightsMissing, match=missing):
        load(turbo)


def test_a_turbo_folder_without_its_base_is_refused(turbo: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "tiny")
    with pytest.raises(WeightsMissing, match="changes the weights of tiny"):
        load(turbo)


@pytest.mark.parametrize("base", [None, "", "../tiny", 7])
def test_a_card_that_names_no_base_is_refused(turbo: Path, base: object) -> None:
    card = json.loads((turbo / "card.json").read_text()) | {"details": {"base": base}}
    (turbo / "card.json").write_text(json.dumps(card))
    with pytest.raises(WeightsMissing, match=r"details\.base"):
        load(turbo)


def test_it_loads_by_its_registration(turbo: Path) -> None:
    entry = parse_registration(f"fast=kino-mini:{turbo}")
    family = load_family(entry, device=torch.device("cpu"))
    assert (family.name, entry.card.ranges.max_steps) == ("fast", 4)


def load(folder: Path) -> KinoMini:
    return KinoMini.from_folder(folder)


def make(kino: KinoMini) -> bytes:
    state = kino.begin(REQUEST, kino.encode(REQUEST))
    for _ in range(REQUEST.steps):
        (state,) = kino.denoise([state])
    return kino.decode(state).tobytes()
