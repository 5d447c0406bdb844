"""Which attention kernel the trunk runs on: chosen by name, and proven by a dummy forward before it is relied on."""

from __future__ import annotations

from importlib.util import find_spec

import torch
from diffusers.models.attention import AttentionModuleMixin
from diffusers.models.attention_dispatch import AttentionBackendName, attention_backend, dispatch_attention_fn
from torch import nn

from kinoform.backbone.blocks import mask_for
from kinoform.backbone.errors import AttentionUnavailable

SDPA = "native"
"""diffusers' name of torch's scaled_dot_product_attention, which runs everywhere."""

PACKAGES = {"xformers": "xformers", "flash": "flash_attn", "_flash_3": "flash_attn_interface", "sage": "sageattention"}


def use_attention(model: nn.Module, wanted: str, device: torch.device, dtype: torch.dtype) -> str:
    """Sets the backend of every attention module of `model`; call it before the model runs anywhere.

    Args:
        wanted: one of diffusers' backends ("native", also called "sdpa"; "xformers", "flash", ...) or "auto":
            xformers where it runs, else SDPA.

    Returns:
        The name of the backend now in use.

    Raises:
        AttentionUnavailable: `wanted` does not run on this machine with this device and dtype.
    """
    chosen = choose(wanted, device, dtype)
    for module in model.modules():
        if isinstance(module, AttentionModuleMixin):
            module.set_attention_backend(chosen)
    return chosen


def choose(wanted: str, device: torch.device, dtype: torch.dtype) -> str:
    """The backend that `wanted` names, as in `use_attention`."""
    if wanted == "auto":
        try:
            return choose("xformers", device, dtype)
        except AttentionUnavailable:
            return SDPA
    name = SDPA if wanted == "sdpa" else wanted
    known = {backend.value for backend in AttentionBackendName}
    if name not in known:
        raise AttentionUnavailable(wanted, "no backend has this name", f"one of {', '.join(sorted(known))}")
    _probe(name, device, dtype)
    return name


def _probe(name: str, device: torch.device, dtype: torch.dtype) -> None:
    """A dummy masked attention, since diffusers accepts backends by name and they fail at the first forward."""
    query = torch.zeros(2, 16, 2, 32, device=device, dtype=dtype)
    mask = mask_for(AttentionBackendName(name), torch.ones(2, 16, dtype=torch.bool, device=device))
    try:
        with attention_backend(name):
            dispatch_attention_fn(query, query, query)
            dispatch_attention_fn(query, query, query, attn_mask=mask)
    except (RuntimeError, ValueError, TypeError, AttributeError, ImportError, OSError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise AttentionUnavailable(name, reason, _lacking(name, device, dtype)) from error


def _lacking(name: str, device: torch.device, dtype: torch.dtype) -> str:
    package = PACKAGES.get(name)
    lacks = []
    if package is not None and find_spec(package) is None:
        lacks.append(f"the package {package}")
    if device.type != "cuda":
        lacks.append("a CUDA device" if torch.cuda.is_available() else "a CUDA device (torch sees none)")
    return " and ".join(lacks) or f"a kernel for {dtype} with masks on {torch.cuda.get_device_name(device)}"
