"""Training in several one-thread processes that average their gradients: on few cores it beats one threaded process."""

import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn


def launch(target: Callable[..., None], processes: int, *args: object) -> None:
    """Runs target(rank, *args) in `processes` processes joined by gloo; in this one when there is but one."""
    if processes == 1:
        target(0, *args)
        return
    with tempfile.TemporaryDirectory() as meeting:
        spawn(_joined, (f"file://{meeting}/store", processes, target, args), nprocs=processes)


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


def _joined(rank: int, meeting: str, processes: int, target: Callable[..., None], args: tuple[object, ...]) -> None:
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes, timeout=timedelta(hours=1))
    try:
        target(rank, *args)
    finally:
        dist.destroy_process_group()
