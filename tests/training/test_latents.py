"""The caches: no held-out triple and no unseen actor is in them, and a shard is a function of its number."""

from pathlib import Path

import pytest
import torch

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.text import TextEncoder
from kinoform.training import latents, sprites
from kinoform.training.captions import MEDIUM, held_out
from kinoform.training.cast import CAST, SUBJECTS, UNSEEN
from kinoform.training.latents import Stage, freeze_codec, load_codec, read_cache, scripts_of, write_shards
from kinoform.training.render import Renderer
from kinoform.training.sprites import Sprites


@pytest.mark.parametrize("stage", ["keyframe", "clip"])
def test_nothing_held_out_is_ever_cached(stage: Stage) -> None:
    scripts = [script for shard in range(8) for script, _ in scripts_of(stage, shard)]
    assert held_out().isdisjoint(triple for script in scripts for triple in script.triples())
    names = {list(CAST)[actor] for script in scripts for actor in script.actors}
    assert names.isdisjoint(UNSEEN)
    assert names >= set(SUBJECTS)
    assert (names == set(SUBJECTS)) == (stage == "keyframe")


def test_the_mixture_is_as_said() -> None:
    lines = [line for shard in range(4) for line in scripts_of("keyframe", shard)]
    pairs = [script for script, _ in lines if len(script.actors) == 2]
    single = [script for script, _ in lines if len(script.actors) == 1]
    # a pair is drawn anew when either of its actors is held out there: a little rarer than drawn
    assert len(pairs) / len(lines) == pytest.approx(latents.PAIRS["keyframe"] * 8 / 9, abs=0.02)
    assert sum(one.size != MEDIUM for one in single) / len(single) == pytest.approx(latents.OTHER_SIZE, abs=0.03)
    assert all(len(set(script.actors)) == 2 for script in pairs)
    canonical = sum(caption == script.caption() for script, caption in lines) / len(lines)
    assert latents.CANONICAL - 0.02 < canonical < latents.CANONICAL + 0.1


@pytest.mark.parametrize("stage", ["keyframe", "clip"])
def test_a_row_is_its_scripts_rendering_encoded(
    stage: Stage, tmp_path: Path, drawn_sprites: Sprites, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(latents.SCRIPTS, stage, 2)
    monkeypatch.setattr(latents, "STATISTICS_CLIPS", 16)
    torch.manual_seed(0)
    torch.save({"average": VideoAutoencoder().state_dict()}, tmp_path / "codec.pt")
    sprites.save(tmp_path / "sprites.npz", drawn_sprites)
    freeze_codec(tmp_path / "codec.pt", renderer, tmp_path / "autoencoder")
    write_shards(0, 1, stage, tmp_path, tmp_path / "sprites.npz", 0, 2)

    cache = read_cache(tmp_path, stage)
    places = latents.PLACES[stage]
    assert len(cache.latents) == 2 * 2 * places
    row = 2 * places + places  # the second script of the second shard
    script, caption = scripts_of(stage, 1)[1]
    clip = renderer.clip(script, latents.seed_of(1, 1, 0), latents.LENGTH[stage])
    assert cache.latents[row].float().allclose(latents.encode(load_codec(tmp_path / "autoencoder"), clip), atol=1e-2)
    tokens = TextEncoder.installed().encode(caption)
    assert cache.states[cache.line[row]].float().allclose(tokens.states[: latents.TEXT_TOKENS], atol=1e-2)
    assert cache.mask[cache.line[row]].equal(tokens.mask[: latents.TEXT_TOKENS])
    assert cache.latents.float().std() == pytest.approx(1, abs=0.4)

    (tmp_path / f"{stage}-latents" / "0001.pt").unlink()
    write_shards(0, 1, stage, tmp_path, tmp_path / "sprites.npz", 0, 2)
    assert read_cache(tmp_path, stage).latents.equal(cache.latents)


def test_a_missing_cache_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `latents` first"):
        read_cache(tmp_path, "clip")
