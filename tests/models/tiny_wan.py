"""A small Wan checkpoint with random weights in diffusers' layout: `python -m tests.models.tiny_wan FOLDER`."""

import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import T5Tokenizer, UMT5Config, UMT5EncoderModel

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"
WORDS = ("a", "penguin", "walks", "runs", "over", "teal", "red", "background", "to", "the", "left")
TEXT_WIDTH = 32


def write_tiny_wan(folder: Path, *, scheduler: str = "unipc", experts: int = 1, per_token_time: bool = False) -> Path:
    """Writes the model; clips up to 13 frames of 64 x 64.

    scheduler: "unipc", as Wan 2.1 ships with, or "euler". experts: 2 for Wan 2.2's pair. per_token_time: as in Wan
    2.2's 5B model.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = WanPipeline(
            tokenizer=_tokenizer(),
            text_encoder=_text_encoder(),
            vae=_vae(),
            scheduler=_scheduler(scheduler),
            transformer=_transformer(),
            transformer_2=_transformer() if experts == 2 else None,
            boundary_ratio=0.9 if experts == 2 else None,
            expand_timesteps=per_token_time,
        )
    pipeline.save_pretrained(folder)
    return folder


def _tokenizer() -> T5Tokenizer:
    special: list[tuple[str, float]] = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    words = [(f"▁{word}", -3.0) for word in WORDS]
    return T5Tokenizer(vocab=special + words + [(letter, -6.0) for letter in LETTERS], extra_ids=0)


def _text_encoder() -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=len(LETTERS) + len(WORDS) + 4, d_model=TEXT_WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4
    )
    return UMT5EncoderModel(config).eval()


def _vae() -> AutoencoderKLWan:
    return AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1).eval()


def _transformer() -> WanTransformer3DModel:
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=TEXT_WIDTH,
        freq_dim=256,
        ffn_dim=32,
        num_layers=2,
        rope_max_seq_len=4,
    ).eval()


def _scheduler(kind: str) -> Any:
    if kind == "euler":
        return FlowMatchEulerDiscreteScheduler(shift=3.0)
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)


if __name__ == "__main__":
    write_tiny_wan(Path(sys.argv[1]))
