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
