import json
from pathlib import Path

import pytest

from kinoform.models.registry import BadRegistration, parse_registration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, values in {
        "model_index.json": {"_class_name": "WanPipeline"},
        "transformer/config.json": {},
        "vae/config.json": {},
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(values))
    return tmp_path


def test_a_registration_reads_back_from_its_text(folder: Path) -> None:
    entry = parse_registration(f"mine=wan:{folder}")
    assert (entry.name, entry.source, entry.card.family) == ("mine", str(folder), "wan")
    assert parse_registration(str(entry)) == entry


def test_a_path_with_colons_and_equals_signs_is_kept_whole() -> None:
    with pytest.raises(BadRegistration, match="'/a:b=c'"):
        parse_registration("mine=wan:/a:b=c")


@pytest.mark.parametrize("text", ["", "mine", "mine=wan", "mine=wan:", "=wan:x", "mine=:x", "mine:wan=x"])
def test_an_incomplete_registration_is_refused(text: str) -> None:
    with pytest.raises(BadRegistration, match="must be NAME=FAMILY:PATH"):
        parse_registration(text)


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRegistration, match="no family 'dream'; known: form-mini, grain-mini, kino-mini, wan"):
        parse_registration("mine=dream:/tmp")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for family in ("wan", "kino-mini"):
        with pytest.raises(BadRegistration, match=f"no {family} model at"):
            parse_registration(f"mine={family}:{tmp_path}")


def test_a_card_that_is_no_card_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(BadRegistration, match="no kino-mini model at"):
        parse_registration(f"mine=kino-mini:{tmp_path}")
