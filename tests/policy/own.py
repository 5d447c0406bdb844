"""A studio's own policy, as `--policy tests.policy.own:NoClouds` names it."""

from kinoform.policy.judge import Picture, Refusal


class NoClouds:
    """Refuses prompts with clouds."""

    def judge_prompt(self, text: str) -> Refusal | None:
        return Refusal("no-clouds", "clouds are not ours") if "cloud" in text else None

    def judge_picture(self, picture: Picture) -> Refusal | None:
        return None


NOTHING = object()
