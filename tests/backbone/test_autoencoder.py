"""The video autoencoder: rows and frames never see each other, and what is saved comes back."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def model() -> VideoAutoencoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = VideoAutoencoder(
            latent_channels=4,
            widths=(8, 8, 8),
            encoder_depths=(1, 1, 1),
            decoder_depths=(1, 1, 1),
            latents_mean=(0.1, 0.2, 0.3, 0.4),
            latents_std=(0.5, 0.6, 0.7, 0.8),
        )
        for parameter in model.parameters():  # residual blocks begin as the identity: nothing would be seen of them
            torch.nn.init.normal_(parameter, std=0.1)
    return model.requires_grad_(False)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 8])
def test_a_row_has_the_same_bits_in_every_batch(model: VideoAutoencoder, rows: int) -> None:
    clips, latents = draw(8, 3, 2, 16, 16), draw(8, 4, 2, 2, 2)
    assert model.encode(clips[:rows]).equal(model.encode(clips)[:rows])
    assert model.decode(latents[:rows]).equal(model.decode(latents)[:rows])


def test_a_picture_is_the_first_frame_of_a_clip(model: VideoAutoencoder) -> None:
    clip = draw(1, 3, 4, 16, 16)
    assert torch.allclose(model.encode(clip[:, :, :1])[:, :, 0], model.encode(clip)[:, :, 0], atol=1e-6)


def test_a_frame_changes_its_own_latents_alone(model: VideoAutoencoder) -> None:
    clip = draw(1, 3, 4, 16, 16)
    other = clip.clone()
    other[:, :, 2] = draw(1, 3, 16, 16, seed=1)
    changed = (model.encode(clip) - model.encode(other)).abs().amax(dim=(0, 1, 3, 4)) > 1e-6
    assert changed.tolist() == [False, False, True, False]


def test_what_is_decoded_is_in_range_and_as_large_as_the_clip(model: VideoAutoencoder) -> None:
    clip = model.decode(100 * draw(2, 4, 3, 2, 5))
    assert clip.shape == (2, 3, 3, 16, 40)
    assert clip.abs().max() == 1


def test_latents_are_normalised_by_the_figures_of_the_config(model: VideoAutoencoder) -> None:
    clip = draw(1, 3, 1, 16, 16)
    raw, normal = model.encode_frames(clip[:, :, 0]), model.encode(clip)[:, :, 0]
    mean, std = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.5, 0.6, 0.7, 0.8])
    assert torch.allclose(normal * std.view(1, 4, 1, 1) + mean.view(1, 4, 1, 1), raw, atol=1e-6)


def test_decoding_is_the_decoder_of_denormalised_latents(model: VideoAutoencoder) -> None:
    clip = 0.1 * draw(1, 3, 1, 16, 16)
    raw = model.encode_frames(clip[:, :, 0])
    expected = model.decode_frames(raw).clamp(-1, 1)
    assert torch.allclose(model.decode(model.encode(clip))[:, :, 0], expected, atol=1e-5)


def test_what_is_saved_comes_back(model: VideoAutoencoder, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    loaded = VideoAutoencoder.from_pretrained(tmp_path)
    clip = draw(1, 3, 2, 16, 16)
    assert loaded.encode(clip).equal(model.encode(clip))
    assert loaded(clip).equal(model(clip))


@pytest.mark.parametrize("shape", [(3, 2, 16, 16), (1, 4, 2, 16, 16), (1, 3, 2, 12, 16), (1, 3, 2, 16, 20)])
def test_what_is_no_clip_is_refused(model: VideoAutoencoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"clip is|multiples of 8"):
        model.encode(torch.zeros(shape))


def test_latents_of_other_channels_are_refused(model: VideoAutoencoder) -> None:
    with pytest.raises(ValueError, match=r"latents are \(b, 4, l, h, w\)"):
        model.decode(torch.zeros(1, 5, 2, 2, 2))


def test_every_weight_has_a_part_in_the_reconstruction(model: VideoAutoencoder) -> None:
    trained = VideoAutoencoder.from_config(model.config)
    trained.load_state_dict(model.state_dict())
    frames = draw(2, 3, 16, 16)
    (trained.decode_frames(trained.encode_frames(frames)) - frames).square().mean().backward()
    still = [name for name, weight in trained.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert not still
