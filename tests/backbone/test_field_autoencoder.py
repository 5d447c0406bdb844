"""The field autoencoder: rows never see each other, what is saved comes back, points are read by place."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinoform.backbone.field_autoencoder import FieldAutoencoder, VoxelShuffle, gathered


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def model() -> FieldAutoencoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FieldAutoencoder(
            latent_channels=4,
            width=8,
            fine_width=4,
            feature_channels=4,
            point_width=8,
            grid=16,
            latents_mean=(0.1, 0.2, 0.3, 0.4),
            latents_std=(0.5, 0.6, 0.7, 0.8),
        )
        for parameter in model.parameters():  # residual blocks begin as the identity: nothing would be seen of them
            torch.nn.init.normal_(parameter, std=0.1)
    return model.requires_grad_(False)


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_row_has_the_same_bits_in_every_batch(model: FieldAutoencoder, rows: int) -> None:
    grids, latents = draw(4, 6, 16, 16, 16), draw(4, 4, 4, 4, 4)
    assert model.encode(grids[:rows]).equal(model.encode(grids)[:rows])
    assert model.features(latents[:rows]).equal(model.features(latents)[:rows])


def test_shuffling_undoes_gathering_and_keeps_neighbours_together() -> None:
    grid = draw(2, 3, 4, 6, 8)
    packed = gathered(grid)
    assert packed.shape == (2, 24, 2, 3, 4)
    assert VoxelShuffle()(packed).equal(grid)
    assert set(packed[0, :8, 1, 2, 3].tolist()) == set(grid[0, 0, 2:4, 4:6, 6:8].flatten().tolist())


def test_latents_are_normalised_by_the_figures_of_the_config(model: FieldAutoencoder) -> None:
    grid = draw(1, 6, 16, 16, 16)
    mean, std = (torch.tensor(model.config[name]).view(1, 4, 1, 1, 1) for name in ("latents_mean", "latents_std"))
    assert torch.allclose(model.encode(grid) * std + mean, model.encode_grids(grid), atol=1e-6)


def test_points_are_read_where_they_lie(model: FieldAutoencoder) -> None:
    features = torch.zeros(1, 4, 16, 16, 16)
    features[0, :, 3, 7, 12] = 5.0  # z, y, x
    here = torch.tensor([[[12.5, 7.5, 3.5]]]) / 8 - 1
    elsewhere = torch.tensor([[[3.5, 7.5, 12.5]]]) / 8 - 1
    assert model.read(features, here).equal(model.point(features[:, :, 3, 7, 12])[:, None])
    assert model.read(features, elsewhere).equal(model.point(torch.zeros(1, 1, 4)))


def test_it_is_saved_and_loaded_whole(model: FieldAutoencoder, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    loaded: FieldAutoencoder = FieldAutoencoder.from_pretrained(tmp_path)
    latents = draw(2, 4, 4, 4, 4)
    assert loaded.features(latents).equal(model.features(latents))
    assert loaded.log_size(latents).equal(model.log_size(latents))
