"""The command line, run against a peer."""

from typer.testing import CliRunner, Result

from kinoform_client.cli.app import app
from tests.kinoform_client.client_peer import Served
from tests.kinoform_client.samples import MadeFile, made_by


class Shell:
    """Runs commands against the peer, in a folder of its own."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.video = b"video" * 1000

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["--address", self.served.address, *arguments])

    def generate(self, *arguments: str) -> Result:
        """`video generate`, and its job succeeds at once."""
        self.served.peer.at_once = lambda kind: [MadeFile("video", "video/mp4", "clip.mp4", self.video)]
        result = self("video", "generate", *arguments)
        self.served.peer.at_once = None
        return result

    def make(self, *arguments: str) -> Result:
        """Any command whose job succeeds at once with sound files of its kind."""
        self.served.peer.at_once = made_by
        result = self(*arguments)
        self.served.peer.at_once = None
        return result
