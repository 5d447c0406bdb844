"""Sheets and loops show whole clips and stay small."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinoform.engine.family import Frames
from kinoform.training.captions import MOTIONS, held_out, script
from kinoform.training.cast import SUBJECTS
from kinoform.training.paths import FRAMES, FRAMES_A_SECOND
from kinoform.training.render import Renderer
from kinoform.training.sampling import from_frames, to_frames
from kinoform.training.sheet import chosen_triples, contact_sheet, write_loop, write_sheet
from kinoform.training.stages import BACKGROUNDS


def plain(level: float) -> Frames:
    return to_frames(torch.full((3, FRAMES, 64, 64), level))


def test_a_sheet_holds_every_second_frame_of_every_clip() -> None:
    page = contact_sheet(["one", "two", "three"], [plain(-1.0), plain(-0.2), plain(1.0)])
    colours = {colour: count for count, colour in page.getcolors(1 << 20) or []}
    assert [colours[(level, level, level)] for level in (0, 102)] == [FRAMES // 2 * 64 * 64] * 2


def test_a_sheet_of_forty_real_clips_is_small_and_hardly_changed(renderer: Renderer, tmp_path: Path) -> None:
    triples = chosen_triples(40)
    clips = [to_frames(renderer.clip(script(triple), 0)) for triple in triples]
    captions = [triple.caption() for triple in triples]
    write_sheet(tmp_path / "new" / "sheet.png", captions, clips)
    assert (tmp_path / "new" / "sheet.png").stat().st_size < 400_000
    with Image.open(tmp_path / "new" / "sheet.png") as page:
        stored = np.asarray(page.convert("RGB"), np.float32)
    whole = np.asarray(contact_sheet(captions, clips), np.float32)
    assert np.abs(stored - whole).mean() < 4


def test_the_sheets_captions_are_held_out_and_touch_most_phrases() -> None:
    triples = chosen_triples(40)
    assert held_out().issuperset(triples)
    assert len(set(triples)) == 40
    assert len({t.subject for t in triples}) == len(SUBJECTS)
    assert len({t.motion for t in triples}) >= len(MOTIONS) - 2
    assert len({t.background for t in triples}) >= len(BACKGROUNDS) - 3


def test_more_captions_than_held_out_triples_show_all_of_them() -> None:
    assert set(chosen_triples(1000)) == held_out()


@pytest.mark.parametrize("suffix", ["webp", "gif"])
def test_a_loop_runs_at_the_clips_pace(tmp_path: Path, suffix: str) -> None:
    ramp = torch.linspace(-1, 1, FRAMES).view(1, -1, 1, 1).expand(3, FRAMES, 64, 64)
    write_loop(tmp_path / f"loop.{suffix}", [to_frames(ramp), plain(0.0)], scale=2)
    with Image.open(tmp_path / f"loop.{suffix}") as loop:
        assert loop.n_frames == FRAMES
        assert loop.size[1] == 128
        assert loop.info["loop"] == 0
        loop.seek(3)
        loop.load()
        assert loop.info["duration"] == pytest.approx(1000 / FRAMES_A_SECOND, abs=6)  # a GIF counts in hundredths
        shades = np.asarray(loop.convert("RGB"))[40, [20, 240]].mean(axis=1)
    assert shades == pytest.approx([3 * 255 / (FRAMES - 1), 128], abs=6)


def test_frames_and_clips_are_the_same_thing() -> None:
    clip = torch.linspace(-1, 1, 256).view(1, 1, 16, 16).expand(3, 2, 16, 16)
    assert torch.allclose(from_frames(to_frames(clip)), clip, atol=1e-6)
