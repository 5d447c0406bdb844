"""Arguments that can't be taken."""


class Refused(ValueError):
    """An argument can't be taken."""

    def __init__(self, option: str, value: str, rule: str) -> None:
        super().__init__(option, value, rule)
        self.option = option
        self.value = value
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.option} must be {self.rule}, got {self.value!r}"
