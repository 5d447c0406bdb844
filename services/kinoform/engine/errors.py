"""Errors of the engine and the models, split by what the caller can do."""


class EngineError(Exception):
    """Root of the tree."""


class ModelError(EngineError):
    """The request can't be run by this model; repair it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class TooLarge(EngineError):
    """The job's state never fits into this machine's memory; ask for less, or elsewhere."""

    def __init__(self, job: str, needed: int, budget: int) -> None:
        super().__init__(job, needed, budget)
        self.job = job
        self.needed = needed
        """Bytes."""
        self.budget = budget
        """Bytes."""

    def __str__(self) -> str:
        return f"job {self.job!r} needs {self.needed} bytes of memory for its state; there are {self.budget}"


class BadCheckpoint(EngineError):
    """The bytes are no checkpoint of this model; start anew."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class Overloaded(EngineError):
    """No room for another job; retry later."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class EngineClosed(EngineError):
    """The engine takes no more jobs; go elsewhere."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
