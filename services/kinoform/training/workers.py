"""Training in several one-thread processes that average their gradients: on few cores it beats one threaded process."""

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Concatenate, ParamSpec

import torch
import torch.distributed as dist
from torch import Tensor, nn

P = ParamSpec("P")


def launch(target: Callable[Concatenate[int, P], None], processes: int, *args: P.args, **_: P.kwargs) -> None:
    """Runs target(rank, *args) in `processes` processes joined by gloo; in this one when there is but one."""
    if processes == 1:
        target(0, *args)
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29533")
    torch.multiprocessing.spawn(_joined, (processes, target, args), nprocs=processes)


def average_gradients(model: nn.Module) -> None:
    """Replaces each gradient by its mean over the processes, in one message."""
    if not dist.is_initialized():
        return
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    _scatter(flat, gradients)


def process_count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def _scatter(flat: Tensor, into: Iterable[Tensor]) -> None:
    start = 0
    for tensor in into:
        tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()


def _joined(rank: int, processes: int, target: Callable[..., None], args: tuple[object, ...]) -> None:
    dist.init_process_group("gloo", rank=rank, world_size=processes, timeout=timedelta(hours=1))
    try:
        target(rank, *args)
    finally:
        dist.destroy_process_group()
