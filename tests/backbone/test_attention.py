import pickle

import pytest
import torch

from kinoform.backbone.attention import choose, use_attention
from kinoform.backbone.blocks import RotaryAttention
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import AttentionUnavailable

CPU = torch.device("cpu")


def test_sdpa_runs_everywhere_and_auto_falls_back_to_it_without_cuda() -> None:
    assert choose("sdpa", CPU, torch.float32) == "native"
    assert choose("native", CPU, torch.bfloat16) == "native"
    assert choose("auto", CPU, torch.float32) == "native"


@pytest.mark.parametrize("name", ["xformers", "flash", "_flash_3", "sage", "_native_cudnn", "_native_flash"])
def test_a_backend_that_cannot_run_says_what_the_machine_lacks(name: str) -> None:
    with pytest.raises(AttentionUnavailable) as caught:
        choose(name, CPU, torch.float32)
    assert caught.value.backend == name
    assert caught.value.reason
    assert "CUDA device" in caught.value.missing
    assert repr(name) in str(caught.value)


def test_an_unknown_backend_is_answered_with_the_known_ones() -> None:
    with pytest.raises(AttentionUnavailable, match=r"no backend has this name.*native.*xformers"):
        choose("fastest", CPU, torch.float32)


def test_the_error_survives_pickling() -> None:
    error = AttentionUnavailable("xformers", "no kernel", "a CUDA device")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_every_attention_module_of_the_trunk_takes_the_backend() -> None:
    model = VideoDenoiser(channels=4, dim=32, depth=2, heads=2, attention="factorised")
    assert use_attention(model, "_native_math", CPU, torch.float32) == "_native_math"
    modules = [module for module in model.modules() if isinstance(module, RotaryAttention)]
    assert len(modules) == 2 * 3
    assert {module.processor._attention_backend.value for module in modules} == {"_native_math"}
