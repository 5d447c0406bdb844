"""Policies as they are asked for: on command lines, and from one process to the next."""

import argparse
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kinoform.policy.errors import BadPolicy
from kinoform.policy.judge import Policies, Policy
from kinoform.policy.rules import read_rules

SAFE_BELOW = 0.8
"""Score of image safety that is refused unless said otherwise: what open_nsfw's authors call surely unsafe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """Which policies there are. None by default: what is allowed is for a studio to say."""

    prompt_rules: tuple[Path, ...] = ()
    image_safety: float | None = None
    """Score from which on pictures are refused; None does not look at them."""
    own: tuple[str, ...] = ()
    """`module:attribute` of a Policy, or of a function that makes one."""


def prompt_policies(settings: PolicySettings) -> Policies:
    """What judges prompts. Raises BadPolicy."""
    return Policies([*map(read_rules, settings.prompt_rules), *map(_imported, settings.own)])


def picture_policies(settings: PolicySettings) -> Policies:
    """What judges pictures. Raises BadPolicy."""
    own = [_imported(each) for each in settings.own]
    if settings.image_safety is None:
        return Policies(own)
    from kinoform.policy.safety import image_safety  # the gateway needs no OpenCV

    return Policies([image_safety(settings.image_safety), *own])


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    """`--prompt-rules` and what goes with it."""
    group = parser.add_argument_group("policies", "what is refused; nothing by default")
    group.add_argument(
        "--prompt-rules", type=Path, action="append", default=[], metavar="FILE", help="TOML; repeatable"
    )
    group.add_argument(
        "--image-safety",
        type=float,
        nargs="?",
        const=SAFE_BELOW,
        metavar="SCORE",
        help=f"refuse pictures that open_nsfw scores so or higher (default {SAFE_BELOW})",
    )
    group.add_argument(
        "--policy", action="append", default=[], metavar="MODULE:ATTRIBUTE", help="a policy of your own; repeatable"
    )


def policies_from(options: argparse.Namespace) -> PolicySettings:
    """What was typed. Raises BadPolicy for what can't judge prompts; whoever judges pictures checks the rest."""
    settings = PolicySettings(
        prompt_rules=tuple(path.expanduser().absolute() for path in options.prompt_rules),
        image_safety=options.image_safety,
        own=tuple(options.policy),
    )
    prompt_policies(settings)
    return settings


def policy_arguments(settings: PolicySettings) -> list[str]:
    """The command line that `policies_from` reads as the same settings."""
    safety = [] if settings.image_safety is None else ["--image-safety", str(settings.image_safety)]
    rules = [part for path in settings.prompt_rules for part in ("--prompt-rules", str(path))]
    return [*rules, *safety, *(part for each in settings.own for part in ("--policy", each))]


def _imported(name: str) -> Policy:
    module, colon, attribute = name.partition(":")
    if not colon or not attribute:
        raise BadPolicy(f"policy {name!r}", "must be MODULE:ATTRIBUTE")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadPolicy(f"policy {name!r}", str(error)) from error
    made = found if _judges(found) and not isinstance(found, type) else found() if callable(found) else None
    if not _judges(made):
        raise BadPolicy(f"policy {name!r}", "has no judge_prompt and judge_picture")
    return cast("Policy", made)


def _judges(found: object) -> bool:
    return all(callable(getattr(found, name, None)) for name in ("judge_prompt", "judge_picture"))
