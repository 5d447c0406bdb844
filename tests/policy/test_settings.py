"""Policies as they are asked for."""

import argparse
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from kinoform.policy.errors import BadPolicy
from kinoform.policy.judge import MOST_FRAMES, Place, Policies, Refused
from kinoform.policy.safety import image_safety
from kinoform.policy.settings import (
    PolicySettings,
    add_policy_options,
    picture_policies,
    policies_from,
    policy_arguments,
    prompt_policies,
)
from tests.policy.own import NoClouds


def parsed(*arguments: str) -> PolicySettings:
    parser = argparse.ArgumentParser()
    add_policy_options(parser)
    return policies_from(parser.parse_args(arguments))


def test_there_are_none_by_default() -> None:
    assert not prompt_policies(parsed())
    assert not picture_policies(parsed())


def test_settings_go_from_one_process_to_the_next_unchanged(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nname='a'\nreason='r'\nwords=['w']")
    settings = parsed("--prompt-rules", str(rules), "--image-safety", "--policy", "tests.policy.own:NoClouds")
    assert settings.image_safety == 0.8
    assert parsed(*policy_arguments(settings)) == settings
    assert bool(prompt_policies(settings))


def test_a_policy_of_ones_own_judges() -> None:
    with pytest.raises(Refused, match="no-clouds"):
        prompt_policies(parsed("--policy", "tests.policy.own:NoClouds")).check_prompt("f", "a cloud")


@pytest.mark.parametrize(
    "name", ["tests.policy.own", "tests.policy.none:x", "tests.policy.own:x", "tests.policy.own:NOTHING"]
)
def test_a_policy_that_is_none_is_refused_at_start(name: str) -> None:
    with pytest.raises(BadPolicy, match="policy '"):
        parsed("--policy", name)


def test_of_a_long_clip_frames_are_judged_from_the_first_to_the_last() -> None:
    class Sees(NoClouds):
        seen: list[int]

        def judge_picture(self, picture: np.ndarray) -> None:
            self.seen.append(int(picture[0, 0, 0]))

    policy = Sees()
    policy.seen = []
    Policies([policy]).check_pictures(Place.OUTPUT, [np.full((2, 2, 3), number, np.uint8) for number in range(100)])
    assert (len(policy.seen), policy.seen[0], policy.seen[-1]) == (MOST_FRAMES, 0, 99)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_harmless_pictures_are_let_through(name: str) -> None:
    try:
        policy = image_safety(0.8)
    except BadPolicy as error:
        pytest.skip(str(error))
    assert policy.score(getattr(data, name)()) < 0.1
    assert policy.judge_picture(getattr(data, name)()) is None
    assert image_safety(1e-9).judge_picture(getattr(data, name)()) is not None


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5])
def test_a_score_that_can_be_none_is_refused(threshold: float) -> None:
    with pytest.raises(BadPolicy, match="the score must be"):
        image_safety(threshold)
