"""Why a suite can't be served."""


class ServeError(Exception):
    """Root of the tree; the message is for whoever typed the command."""


class FolderInUse(ServeError):
    """Another suite works in the data folder."""

    def __init__(self, folder: str, pid: str) -> None:
        super().__init__(folder, pid)
        self.folder = folder
        self.pid = pid

    def __str__(self) -> str:
        return f"{self.folder} is in use by another kinoform serve (process {self.pid}); choose another --data"


class NotServable(ServeError):
    """A service was asked for whose default model is not there."""

    def __init__(self, service: str, model: str) -> None:
        super().__init__(service, model)
        self.service = service
        self.model = model

    def __str__(self) -> str:
        return f"--service {self.service}: its default model {self.model!r} is not installed"


class PortBusy(ServeError):
    """Somebody else listens there."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        super().__init__(host, port, detail)
        self.host = host
        self.port = port
        self.detail = detail

    def __str__(self) -> str:
        return f"can't listen on {self.host}:{self.port}: {self.detail}; choose another --host or --port"


class StartFailed(ServeError):
    """A part of the suite ended before it was ready."""

    def __init__(self, part: str, last_words: str) -> None:
        super().__init__(part, last_words)
        self.part = part
        self.last_words = last_words

    def __str__(self) -> str:
        return f"the {self.part} did not start: {self.last_words}"
