import json
import subprocess
import sys
from pathlib import Path

import pytest

from kinoform.models.card import card_from_json
from kinoform.models.wan_card import wan_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "model_index.json", {"_class_name": "WanPipeline"})
    write(tmp_path / "transformer" / "config.json", {"patch_size": [1, 2, 2], "rope_max_seq_len": 4})
    write(tmp_path / "vae" / "config.json", {"z_dim": 16})
    (tmp_path / "transformer" / "weights.safetensors").write_bytes(b"1234")
    return tmp_path


def write(path: Path, values: dict[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values))


def test_a_folders_limits_come_from_its_configuration(folder: Path) -> None:
    clip = wan_card("tiny", str(folder)).ranges
    assert (clip.min_frames, clip.frames_step, clip.max_frames, clip.default_frames) == (1, 4, 13, 13)
    assert (clip.size_step, clip.max_size, clip.default_size) == (16, (64, 64), (64, 64))


def test_a_coarser_decoder_asks_for_coarser_sizes(folder: Path) -> None:
    write(folder / "vae" / "config.json", {"scale_factor_spatial": 16})
    write(folder / "transformer" / "config.json", {})
    clip = wan_card("five", str(folder)).ranges
    assert (clip.size_step, clip.default_size, clip.max_size) == (32, (832, 480), (1280, 1280))


def test_a_hub_id_gets_the_published_settings() -> None:
    card = wan_card("wan", "Wan-AI/Wan2.1-T2V-1.3B-Diffusers")
    assert (card.license, card.image_input, card.batch_exact) == ("Apache-2.0", False, False)
    assert (card.ranges.default_frames, card.ranges.default_size, card.ranges.default_steps) == (81, (832, 480), 50)
    assert (card.ranges.default_guidance, card.ranges.default_frame_rate) == (5.0, 16)
    assert card_from_json(json.loads(json.dumps(card.to_json()))) == card


def test_the_version_changes_with_configuration_and_weights(folder: Path) -> None:
    versions = {wan_card("a", str(folder)).version, wan_card("b", str(folder)).version}
    assert len(versions) == 1
    (folder / "transformer" / "weights.safetensors").write_bytes(b"12345")
    versions.add(wan_card("a", str(folder)).version)
    write(folder / "vae" / "config.json", {"z_dim": 17})
    versions.add(wan_card("a", str(folder)).version)
    assert len(versions) == 3


def test_what_is_no_text_to_video_wan_model_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="neither a folder nor a hub id"):
        wan_card("a", "/no/such/folder")
    with pytest.raises(FileNotFoundError):
        wan_card("a", str(folder / "vae"))
    write(folder / "model_index.json", {"_class_name": "WanImageToVideoPipeline"})
    with pytest.raises(ValueError, match="WanImageToVideoPipeline"):
        wan_card("a", str(folder))


def test_cards_are_read_without_torch() -> None:
    code = "import sys, kinoform.models.registry; assert not {'torch', 'diffusers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
