"""Errors of setting policies up."""


class BadPolicy(ValueError):
    """A policy that can't be had as it was asked for. Nothing is served without it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"
