"""What evaluation is made of: distances with known answers, sampling, and what is chosen to be sampled."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.captions import MOTIONS, held_out
from kinoform.training.cast import CAST, UNSEEN
from kinoform.training.diversity import spread
from kinoform.training.frechet import distance, frechet
from kinoform.training.pairs import pair_scripts
from kinoform.training.sampling import reconstructed, requests_for, sample
from kinoform.training.stages import BACKGROUNDS
from kinoform.training.unseen import energy, unseen_triples
from tests.models.tiny_kino import write_tiny_kino


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    """Random weights."""
    return KinoMini.from_folder(write_tiny_kino(tmp_path_factory.mktemp("tiny") / "tiny"))


def normal(count: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_distance_of_normal_clouds_is_the_known_one() -> None:
    a = normal(20_000, 4)
    assert distance(a, a) == pytest.approx(0, abs=1e-9)
    shift = torch.tensor([1.0, 2.0, 0.0, 0.0], dtype=torch.float64)
    assert distance(a, a + shift) == pytest.approx(5, rel=1e-6)
    # of N(0, 1) and N(0, 9) along one axis: (3 - 1)^2
    assert distance(a, a * torch.tensor([3.0, 1, 1, 1], dtype=torch.float64)) == pytest.approx(4, rel=0.05)


def test_a_shifted_sample_lies_beyond_the_floor() -> None:
    real, others = normal(300, 200).float(), normal(300, 200, 1).float()
    found = frechet(real, others, others + 0.5)
    assert found.dimensions == 128
    assert found.pictures == 300
    assert found.generated > 1.2 * found.floor > 0


def test_spread_is_the_mean_difference_between_seeds() -> None:
    dark, light = torch.full((3, 2, 4, 4), -1.0), torch.full((3, 2, 4, 4), 1.0)
    assert spread([[dark, dark], [dark, dark]]) == 0
    assert spread([[dark, light], [dark, dark]]) == 0.5


def test_energy_is_zero_where_nothing_moves() -> None:
    assert energy([torch.zeros(3, 4, 8, 8)]) == 0
    assert energy([torch.tensor([-1.0, 1.0, -1.0]).view(1, 3, 1, 1).expand(3, 3, 8, 8)]) == 2


def test_pictures_of_the_unseen_come_with_all_motions_and_backgrounds() -> None:
    triples = unseen_triples(66)
    assert {list(CAST)[triple.subject] for triple in triples} == set(UNSEEN)
    assert len({triple.motion for triple in triples}) == len(MOTIONS)
    assert len({triple.background for triple in triples}) == len(BACKGROUNDS)
    assert len(set(triples)) == 66


def test_pairs_are_two_and_held_out() -> None:
    scripts = pair_scripts(48)
    assert all(script.actors[0] != script.actors[1] for script in scripts)
    assert all(script.triples()[0] in held_out() for script in scripts)


def test_sampling_keeps_order_and_seeds_across_both_stages(family: KinoMini) -> None:
    requests = requests_for(["a frog grows", "a pig", "a star"], steps=3, guidance=2.0, first_seed=5)
    assert [request.seed for request in requests] == [5, 6, 7]
    together = list(sample(family, requests))
    assert not together[0].equal(together[1])
    for request, clip in zip(requests, together, strict=True):
        assert torch.allclose(clip, next(iter(sample(family, [request]))), atol=2 / 127.5)


def test_the_reconstruction_is_one_frame_of_the_codec_alone(family: KinoMini) -> None:
    picture = (torch.rand(64, 64, 3, generator=torch.Generator().manual_seed(0)) * 255).byte().numpy()
    request = requests_for(["a frog"], steps=2, guidance=1.0, first_seed=0, pictures=[picture])[0]
    assert reconstructed(family, request).shape == (3, 1, 64, 64)
    assert reconstructed(family, request).equal(reconstructed(family, replace(request, seed=9, prompt="a pig")))
    with pytest.raises(ValueError, match="no picture"):
        reconstructed(family, replace(request, image=None))
