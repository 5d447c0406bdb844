from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FirstBlockCacheConfig
from peft import LoraConfig
from torch import Tensor

from kinoform.backbone.attention import use_attention
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.exactness import rows_are_exact

SIZE = (4, 4, 6)
TEXT = (7, 12)
IMAGE = (5, 10)


def build(**others: Any) -> VideoDenoiser:
    options = {"channels": 3, "cond_channels": 2, "patch": (1, 2, 2), "dim": 64, "depth": 2, "heads": 2}
    torch.manual_seed(0)
    model = VideoDenoiser(**(options | {"text_dim": TEXT[1], "image_dim": IMAGE[1]} | others))
    for parameter in model.parameters():  # a fresh model is silent by design
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def inputs(rows: int, **others: Tensor | None) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> Tensor:
        return torch.randn(16, *shape, generator=generator)[:rows]

    given = {
        "hidden_states": draw(3, *SIZE),
        "encoder_hidden_states": draw(*TEXT),
        "image_hidden_states": draw(*IMAGE),
        "condition": draw(2, *SIZE),
        "timestep": torch.linspace(0, 1000, 16)[:rows],
        "encoder_attention_mask": torch.arange(TEXT[0]) < torch.arange(16)[:rows, None] % 8,
        "image_attention_mask": torch.arange(IMAGE[0]) < torch.arange(16)[:rows, None] % 6,
    }
    return given | others


@torch.no_grad()
def predict(model: VideoDenoiser, given: dict[str, Any]) -> Tensor:
    out: Tensor = model(**given, return_dict=False)[0]
    return out


@pytest.mark.parametrize("attention", ["full", "factorised"])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 8, 16])
def test_rows_come_out_in_the_same_bits_whatever_the_batch(attention: str, rows: int) -> None:
    model = build(attention=attention)
    together = predict(model, inputs(16))
    assert torch.isfinite(together).all()
    assert torch.equal(predict(model, inputs(rows)), together[:rows])


def test_rows_are_exact_at_a_width_that_fills_no_vectors() -> None:
    """208 numbers are 6.5 times what AVX-512 takes at once."""
    torch.manual_seed(0)
    model = VideoDenoiser(channels=16, patch=(2, 2, 4), dim=208, depth=1, heads=4)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    assert rows_are_exact(model, (8, 8, 8), 32)


@pytest.mark.parametrize("attention", ["full", "factorised"])
def test_rows_are_exact_at_the_size_that_is_served(attention: str) -> None:
    torch.manual_seed(0)
    model = VideoDenoiser(channels=8, cond_channels=9, patch=(2, 2, 2), depth=2, attention=attention, sources=1)  # type: ignore[arg-type]
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    assert rows_are_exact(model, (8, 8, 8), 32)


def test_the_exactness_probe_sees_a_model_that_looks_at_its_neighbours() -> None:
    model = build(image_dim=None)

    def mix(_: object, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (arguments[0] + 1e-3 * arguments[0].mean(dim=0), *arguments[1:])

    model.proj_out.register_forward_pre_hook(mix)
    assert not rows_are_exact(model, SIZE, TEXT[0])


def changed_frames(model: VideoDenoiser, touch: Callable[[Tensor], None]) -> list[bool]:
    """Which frames of the answer change when one latent changes."""
    given = inputs(2)
    before = predict(model, given)
    latent = given["hidden_states"].clone()
    touch(latent)
    after = predict(model, given | {"hidden_states": latent})
    return [not torch.equal(before[:, :, frame], after[:, :, frame]) for frame in range(SIZE[0])]


def in_frame_one(latent: Tensor) -> None:
    latent[:, :, 1, 0, 0] += 1


@pytest.mark.parametrize("attention", ["full", "factorised"])
def test_attention_mixes_frames(attention: str) -> None:
    assert changed_frames(build(attention=attention), in_frame_one) == [True] * 4


def test_factorised_attention_mixes_frames_through_its_temporal_half_alone() -> None:
    model = build(attention="factorised")
    for block in model.blocks:
        for parameter in block.temporal_attn.to_out.parameters():
            torch.nn.init.zeros_(parameter)
    assert changed_frames(model, in_frame_one) == [False, True, False, False]


def test_temporal_attention_tells_the_order_of_frames() -> None:
    model = build(attention="factorised")
    given = inputs(1, condition=None)
    backwards = given | {"hidden_states": given["hidden_states"].flip(2)}
    assert not torch.allclose(predict(model, backwards).flip(2), predict(model, given), atol=1e-3)


def test_what_is_masked_is_never_seen() -> None:
    model = build()
    given = inputs(4)
    text, image = given["encoder_hidden_states"].clone(), given["image_hidden_states"].clone()
    text[~given["encoder_attention_mask"]] = 9.0
    image[~given["image_attention_mask"]] = -9.0
    other = given | {"encoder_hidden_states": text, "image_hidden_states": image}
    assert torch.equal(predict(model, other), predict(model, given))


@pytest.mark.parametrize("name", ["encoder_hidden_states", "image_hidden_states", "condition", "timestep"])
def test_every_input_matters(name: str) -> None:
    model = build()
    given = inputs(8)
    changed = predict(model, given | {name: given[name] + 1.5}) != predict(model, given)
    seen = changed.flatten(1).any(dim=1)
    unseen = {"encoder_hidden_states": [0], "image_hidden_states": [0, 6]}.get(name, [])
    assert [row for row in range(8) if not seen[row]] == unseen  # rows whose tokens are all masked


def test_no_condition_is_a_condition_of_zeros_and_no_mask_a_mask_of_ones() -> None:
    model = build()
    zeros = predict(model, inputs(3, condition=torch.zeros(3, 2, *SIZE)))
    assert torch.equal(predict(model, inputs(3, condition=None)), zeros)
    ones = inputs(3, encoder_attention_mask=torch.ones(3, 7, dtype=torch.bool), image_attention_mask=None)
    none = inputs(3, encoder_attention_mask=None, image_attention_mask=None)
    assert torch.allclose(predict(model, none), predict(model, ones), atol=1e-5)


def test_a_fresh_model_answers_zero_and_learns_all_its_parameters() -> None:
    model = VideoDenoiser(channels=3, cond_channels=2, dim=48, depth=2, heads=2, text_dim=12, image_dim=10)
    assert not predict(model, inputs(2)).any()
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    wanted = inputs(8)["hidden_states"]
    losses = []
    for _ in range(12):
        loss = (model(**inputs(8), return_dict=False)[0] - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("source", [0, 1])
def test_a_source_is_copied_whole(source: int) -> None:
    model = VideoDenoiser(channels=3, cond_channels=7, patch=(2, 2, 2), dim=4, depth=1, heads=1, text_dim=12, sources=2)
    torch.nn.init.constant_(model.share_out.bias[source::2], 1.0)
    condition = torch.randn(2, 7, *SIZE, generator=torch.Generator().manual_seed(2))
    given = inputs(2, condition=condition, image_hidden_states=None, image_attention_mask=None)
    assert torch.equal(predict(model, given), condition[:, 3 * source : 3 * source + 3])


def test_more_sources_than_the_condition_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="3 sources of 3 channels are more than cond_channels 7"):
        VideoDenoiser(channels=3, cond_channels=7, sources=3)


def test_any_size_that_the_patch_divides_works_and_no_other() -> None:
    model = build(patch=(2, 2, 2), cond_channels=0, image_dim=None)
    given = inputs(2, condition=None, image_hidden_states=None, image_attention_mask=None)
    for size in [(2, 2, 2), (4, 8, 2), (6, 2, 10)]:
        assert predict(model, given | {"hidden_states": torch.ones(2, 3, *size)}).shape == (2, 3, *size)
    with pytest.raises(ValueError, match=r"\(3, 4, 4\)"):
        predict(model, given | {"hidden_states": torch.ones(2, 3, 3, 4, 4)})


@pytest.mark.parametrize("attention", ["full", "factorised"])
def test_saved_and_loaded_is_the_same_model(tmp_path: Path, attention: str) -> None:
    model = build(attention=attention, prediction="v")
    model.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["diffusion_pytorch_model.safetensors"]
    loaded = VideoDenoiser.from_pretrained(tmp_path)
    assert not loaded.training
    assert loaded.config.prediction == "v"
    assert torch.equal(predict(loaded, inputs(3)), predict(model, inputs(3)))


def test_bfloat16_computes_in_bfloat16_near_float32_and_row_by_row(tmp_path: Path) -> None:
    model = build()
    model.save_pretrained(tmp_path)
    half = VideoDenoiser.from_pretrained(tmp_path, torch_dtype=torch.bfloat16)
    assert half.scale_shift_table.dtype == half.time_embed.linear_1.weight.dtype == torch.float32
    assert half.blocks[0].self_attn.to_q.weight.dtype == torch.bfloat16
    given = inputs(4)
    out = predict(half, given | {"hidden_states": given["hidden_states"].bfloat16()})
    wanted = predict(model, given)
    assert out.dtype == torch.bfloat16
    assert (out.float() - wanted).square().mean() < 0.01 * wanted.square().mean()


def test_layerwise_casting_to_eight_bits_stays_near() -> None:
    model = build()
    wanted = predict(model, inputs(2))
    model.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    assert model.blocks[0].self_attn.to_q.weight.dtype == torch.float8_e4m3fn
    found = predict(model, inputs(2))
    assert found.dtype == torch.float32
    assert (found - wanted).square().mean() < 0.1 * wanted.square().mean()


def test_lora_attaches_changes_the_answer_and_comes_off() -> None:
    model = build()
    before = predict(model, inputs(2))
    model.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v", "to_out.0"], init_lora_weights=False))
    assert not torch.allclose(predict(model, inputs(2)), before, atol=1e-3)
    model.disable_adapters()
    assert torch.equal(predict(model, inputs(2)), before)
    model.unload_lora()
    assert torch.equal(predict(model, inputs(2)), before)


def test_first_block_cache_attaches_and_skips_the_other_blocks() -> None:
    model = build(depth=3)
    before = predict(model, inputs(2))
    calls = []
    model.enable_cache(FirstBlockCacheConfig(threshold=1e9))
    model.blocks[1].self_attn.register_forward_hook(lambda *_: calls.append(1))
    with model.cache_context("step"):
        assert torch.equal(predict(model, inputs(2)), before)
        again = predict(model, inputs(2))
    assert len(calls) == 1
    assert torch.allclose(again, before, atol=1e-4)
    model.disable_cache()
    assert torch.equal(predict(model, inputs(2)), before)


@pytest.mark.parametrize("attention", ["full", "factorised"])
def test_another_backend_gives_the_same_answer(attention: str) -> None:
    model = build(attention=attention)
    wanted = predict(model, inputs(3))
    use_attention(model, "_native_math", torch.device("cpu"), torch.float32)
    assert torch.allclose(predict(model, inputs(3)), wanted, atol=1e-4)


def test_gradient_checkpointing_gives_the_same_gradients() -> None:
    model = build().train()
    gradients = []
    for enabled in (False, True):
        if enabled:
            model.enable_gradient_checkpointing()
        model.zero_grad()
        model(**inputs(2), return_dict=False)[0].square().sum().backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_context_parallelism_splits_tokens_where_attention_sees_them_all() -> None:
    assert build(attention="full")._cp_plan is not None
    assert build(attention="factorised")._cp_plan is None
