import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import Family
from kinoform.models.checkpoint import pack, unpack
from kinoform.models.grain_mini.family import GrainMini
from kinoform.models.grain_mini.scale import DEFAULT, Scale, scale_of
from kinoform.models.grain_mini.state import Conditioning, TileState
from kinoform.models.grain_mini.weights import Networks, load_networks
from kinoform.models.material import MaterialRequest, TileMaps
from tests.models.tiny_grain import write_tiny_grain


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_grain(tmp_path_factory.mktemp("grain"))


@pytest.fixture(scope="module")
def grain(folder: Path) -> GrainMini:
    return GrainMini.from_folder(folder)


def tile(
    seed: int = 1, *, size: int = 256, steps: int = 3, guidance: float = 2.0, negative: str = ""
) -> MaterialRequest:
    return MaterialRequest(
        prompt="red bricks, two per row",
        negative_prompt=negative,
        size=size,
        steps=steps,
        guidance=guidance,
        seed=seed,
    )


def begin(grain: GrainMini, request: MaterialRequest) -> TileState:
    return grain.begin(request, grain.encode(request))


def finish(grain: GrainMini, state: TileState) -> TileMaps:
    while grain.steps_done(state) < state.steps:
        (state,) = grain.denoise([state])
    return grain.decode(state)


def content(maps: TileMaps) -> bytes:
    planes = (maps.base_colour, maps.roughness, maps.metallic, maps.height)
    return b"".join(plane.tobytes() for plane in planes) + repr((maps.size_m, maps.height_m)).encode()


def test_it_is_a_family(grain: GrainMini) -> None:
    family: Family[MaterialRequest, Conditioning, TileState, TileMaps] = grain
    assert family.batch_exact


def test_batched_at_different_steps_equals_alone(grain: GrainMini) -> None:
    requests = [
        tile(1),
        tile(2, steps=4),
        tile(3, size=512),
        tile(4, guidance=1.0),
        tile(5, negative="blue", guidance=3),
    ]
    alone = [content(finish(grain, begin(grain, request))) for request in requests]
    states = [begin(grain, request) for request in requests]
    (states[1],) = grain.denoise([states[1]])  # one ahead of the others
    shared = 0
    while waiting := [index for index, state in enumerate(states) if state.step < state.steps]:
        key = grain.key(states[waiting[0]])
        members = [index for index in waiting if grain.key(states[index]) == key]
        shared = max(shared, len(members))
        for index, state in zip(members, grain.denoise([states[index] for index in members]), strict=True):
            states[index] = state
    assert shared > 1
    assert [content(grain.decode(state)) for state in states] == alone


def test_a_resumed_tile_equals_an_uninterrupted_one(grain: GrainMini) -> None:
    (state,) = grain.denoise([begin(grain, tile(7, size=512))])
    resumed = grain.load(grain.save(state))
    assert grain.save(resumed) == grain.save(state)
    assert content(finish(grain, resumed)) == content(finish(grain, state))


def test_maps_have_the_size_and_the_ranges_they_promise(grain: GrainMini) -> None:
    maps = finish(grain, begin(grain, tile(size=512)))
    assert maps.base_colour.shape == (512, 512, 3)
    assert {plane.shape for plane in (maps.roughness, maps.metallic, maps.height)} == {(512, 512)}
    for plane in (maps.base_colour, maps.roughness, maps.metallic, maps.height):
        assert plane.dtype == np.float32
        assert plane.min() >= 0
        assert plane.max() <= 1
    assert maps.size_m == 2 * finish(grain, begin(grain, tile())).size_m


def test_a_preview_is_one_picture(grain: GrainMini) -> None:
    (state,) = grain.denoise([begin(grain, tile(size=512))])
    assert grain.preview(state).shape == (1, 256, 256, 3)
    assert grain.preview(state).dtype == np.uint8


def test_seeds_and_prompts_matter(grain: GrainMini) -> None:
    one, other, words = tile(1), tile(2), replace(tile(1), prompt="green leather")
    results = {content(finish(grain, begin(grain, request))) for request in (one, other, words)}
    assert len(results) == 3


@pytest.mark.parametrize("size", [0, 128, 300, 1280])
def test_other_sizes_are_refused_by_name(grain: GrainMini, size: int) -> None:
    with pytest.raises(ModelError, match=f"size.*{size}"):
        grain.encode(tile(size=size))


def test_cost_counts_windows_and_guidance(grain: GrainMini) -> None:
    assert grain.cost(tile(guidance=1.0))[:2] == (64, 3)
    assert grain.cost(tile(size=1024, steps=9))[:2] == (16 * 64 * 2, 9)


def test_long_prompts_are_warned_of(grain: GrainMini) -> None:
    assert grain.warnings(tile()) == []
    (warning,) = grain.warnings(replace(tile(), prompt="red " * 40))
    assert warning.startswith("the prompt has 42 tokens")


def test_foreign_bytes_are_no_checkpoint(grain: GrainMini) -> None:
    facts, tensors = unpack(grain.save(begin(grain, tile())), grain.begin(tile(), grain.encode(tile())).latent.device)
    for wrong in ({"version": 99}, {"fingerprint": "other"}, {"step": 9}, {"scale": [1.0]}, {"seed": None}):
        with pytest.raises(BadCheckpoint):
            grain.load(pack(facts | wrong, tensors))
    with pytest.raises(BadCheckpoint):
        grain.load(pack(facts, {name: part for name, part in tensors.items() if name != "text"}))
    with pytest.raises(BadCheckpoint):
        grain.load(b"nothing")


def test_a_folder_without_a_part_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "denoiser", tmp_path / "denoiser")
    with pytest.raises(WeightsMissing, match="autoencoder"):
        GrainMini.from_folder(tmp_path)


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cond_channels"):
        GrainMini.from_folder(write_tiny_grain(tmp_path, cond_channels=3))


def test_the_fingerprint_follows_the_weights(folder: Path, tmp_path: Path, grain: GrainMini) -> None:
    device = begin(grain, tile()).latent.device
    same: Networks = load_networks(folder, device, "auto")
    changed = shutil.copytree(folder, tmp_path / "changed")
    weights = next((changed / "denoiser").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    assert load_networks(changed, device, "auto").fingerprint != same.fingerprint


def test_the_last_named_thing_gives_the_scale() -> None:
    assert scale_of("seamless leather in a brick red") == scale_of("bricks")
    assert scale_of("Brick-red LEATHER") == scale_of("leather") != scale_of("bricks")
    assert scale_of("something else") == DEFAULT
    assert isinstance(scale_of("sand"), Scale)
