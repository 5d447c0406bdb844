"""Maps, tasks and measures of control: each is what it says of a clip that is known."""

import random

import numpy as np
import pytest
import torch

from kinoform.models.kino_mini.signals import CHANNELS
from kinoform.training.captions import Triple, script
from kinoform.training.control.follows import edge_score, likeness, overlap
from kinoform.training.control.tasks import SHARES, Task, draw_task, inside, region, signal_of
from kinoform.training.control.truth import Truth, edges_of, truth
from kinoform.training.control.ways import LEAST, MARGIN, MOST, free_way
from kinoform.training.paths import FRAMES
from kinoform.training.render import Renderer

TRIPLE = Triple(1, 0, 0)


@pytest.fixture(scope="module")
def shown(renderer: Renderer) -> Truth:
    rng = random.Random(2)
    return truth(renderer, script(TRIPLE), free_way(rng), rng)


def test_free_ways_stay_in_the_frame_and_are_as_smooth_as_clips_are() -> None:
    for seed in range(200):
        way = free_way(random.Random(seed))
        for axis in (way.x, way.y):
            assert axis.min() >= MARGIN
            assert axis.max() <= 64 - MARGIN
            assert axis.diff().abs().max() < 10
        assert LEAST * 0.8 <= way.side.min() <= way.side.max() <= MOST * 1.1
        assert len(way.pose) == FRAMES


def test_maps_say_where_the_actor_is(shown: Truth) -> None:
    mask = shown.mask > 127
    assert 0 < mask.float().mean() < 0.5
    depth = shown.depth.float()
    for frame in range(FRAMES):
        assert depth[frame][mask[frame]].min() > depth[frame][shown.mask[frame] == 0].max()
    near = torch.nn.functional.max_pool2d(mask[:, None].float(), 5, stride=1, padding=2)[:, 0] > 0
    assert (shown.edges[near] > 0).any()
    assert set(shown.edges.unique().tolist()) <= {0, 255}


def test_edges_are_those_of_the_conditioning_service(shown: Truth) -> None:
    import cv2

    frame = np.ascontiguousarray(shown.clip[:, 0].permute(1, 2, 0).numpy())
    expected = cv2.Canny(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), 100, 200)
    np.testing.assert_array_equal(edges_of(shown.clip[:, :1].transpose(0, 1), fine=False)[0].numpy(), expected)


@pytest.mark.parametrize("task", SHARES["clip"])
def test_a_signal_tells_of_its_task_alone(shown: Truth, task: Task) -> None:
    rng = torch.Generator().manual_seed(0)
    maps = {"edges": shown.edges, "depth": shown.depth, "mask": shown.mask}
    signal = signal_of(task, shown.clip, maps, rng)  # type: ignore[arg-type]
    assert signal.shape == (CHANNELS, FRAMES, 64, 64)
    told = {channel for channel in range(CHANNELS) if signal[channel].any()}
    pixels = {"last", "replace", "extend"}
    assert told <= ({0, 1, 2, 3} if task in pixels else set(range(4, CHANNELS)))
    if task in pixels:
        hidden = signal[3] == 0
        assert hidden.any()
        assert not signal[:3][:, hidden].any()
    else:
        torch.testing.assert_close(signal[{"edges": 5, "depth": 7, "mask": 9}[task]], torch.ones(FRAMES, 64, 64))


def test_regions_cover_the_actor_and_rectangles_do_not_move(shown: Truth) -> None:
    rng = torch.Generator().manual_seed(1)
    for _ in range(20):
        box = region(shown.mask, rng) > 0
        assert box[shown.mask > 64].all()
        known = inside((FRAMES, 64, 64), rng)
        assert torch.equal(known, known[:1].expand_as(known))
        assert 28 * 28 <= known[0].sum() < 48 * 48


def test_every_task_is_drawn() -> None:
    rng = torch.Generator().manual_seed(0)
    for stage, shares in SHARES.items():
        assert {draw_task(stage, rng) for _ in range(400)} == set(shares)
        assert sum(shares.values()) == pytest.approx(1)


def test_a_rendered_clip_follows_its_own_maps_and_no_others(shown: Truth) -> None:
    clip, mask = shown.clip.float() / 127.5 - 1, shown.mask > 127
    elsewhere = mask.roll(30, dims=2)
    assert overlap(clip, mask) > 0.8
    assert overlap(clip, elsewhere) < 0.4
    lines = edges_of(shown.clip.transpose(0, 1), fine=False) > 127
    assert edge_score(clip, lines, TRIPLE.background) == 1
    assert edge_score(clip, lines.roll(30, dims=2), TRIPLE.background) < 0.3
    assert edge_score(clip, torch.zeros_like(lines), TRIPLE.background) == 0


def test_likeness_is_the_signal_to_noise_ratio() -> None:
    clip = torch.zeros(3, 1, 4, 4)
    assert likeness(clip, clip + 0.2) == pytest.approx(20, abs=1e-4)
