"""The command line `kinoform`."""

from kinoform_client.cli.app import main

__all__ = ["main"]
