"""The tokens of one row shared by two processes (Ulysses) give the answer of one process."""

import os
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from diffusers import ContextParallelConfig
from diffusers.models._modeling_parallel import ParallelConfig
from torch.distributed.device_mesh import init_device_mesh

from kinoform.backbone.denoiser import VideoDenoiser


class CpuDenoiser(VideoDenoiser):
    """diffusers takes the mesh's device from an accelerator; here it is the CPU."""

    def _resolve_parallel_config(self, config: Any) -> Any:
        parallel = ParallelConfig(context_parallel_config=config)
        mesh = init_device_mesh("cpu", config.mesh_shape, mesh_dim_names=config.mesh_dim_names)
        parallel.setup(dist.get_rank(), dist.get_world_size(), torch.device("cpu"), mesh=mesh)
        self._parallel_config = parallel
        return parallel


def compare(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    meeting = f"file://{folder}/meeting"
    # The other process has yet to import everything, which takes long on a busy machine.
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2, timeout=timedelta(minutes=4))
    try:
        _compare()
    finally:
        dist.destroy_process_group()


def _compare() -> None:
    torch.manual_seed(0)
    model = CpuDenoiser(channels=3, dim=48, depth=2, heads=2, text_dim=12)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    mask = torch.arange(7) < torch.tensor([[2], [5]])
    given = (torch.randn(2, 3, 4, 4, 6), torch.tensor([100.0, 900.0]), torch.randn(2, 7, 12), mask)
    seen: list[int] = []
    model.blocks[1].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].shape[1]))
    with torch.no_grad():
        whole = model(*given).sample
        model.enable_parallelism(config=ContextParallelConfig(ulysses_degree=2))
        shared = model(*given).sample
    assert seen == [24, 12]
    assert torch.allclose(shared, whole, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*all_gather_tensor` is deprecated:FutureWarning")  # it is diffusers that calls it
def test_two_processes_share_the_tokens_of_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "GLOO_SOCKET_IFNAME", "lo")
    other = get_context("spawn").Process(target=compare, args=(1, str(tmp_path)), daemon=True)
    other.start()
    compare(0, str(tmp_path))
    other.join()
    assert other.exitcode == 0
