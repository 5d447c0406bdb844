"""`python -m kinoform.serving.worker`: does pieces of work for `kinoform.serving.bench`, one after the other.

Read from stdin and answered on stdout, pickled: parent and child are the same program and trust each other.
"""

import contextlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, cast


@dataclass(frozen=True, slots=True)
class Piece:
    """A function at the top level of a module, and its arguments."""

    work: Callable[..., object]
    args: tuple[object, ...]
    several: bool
    """Whether it answers with an iterable, to be told one by one."""


@dataclass(frozen=True, slots=True)
class Value:
    """What was made."""

    value: object


@dataclass(frozen=True, slots=True)
class Done:
    """There is no more. Last."""

    error: Exception | None
    """What the work raised."""


def main() -> None:
    """Works until the parent is gone."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What libraries print must not fall among the replies.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            _answer(pickle.load(sys.stdin.buffer), replies)


def _answer(piece: Piece, replies: BinaryIO) -> None:
    try:
        made = piece.work(*piece.args)
        for value in cast("Iterable[object]", made) if piece.several else (made,):
            _say(Value(value), replies)
    except Exception as error:  # noqa: BLE001  whatever it is belongs to whoever asked
        _say(Done(error), replies)
    else:
        _say(Done(None), replies)


def _say(reply: Value | Done, replies: BinaryIO) -> None:
    pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
    replies.flush()


if __name__ == "__main__":
    # The module under its own name: its classes are pickled by that.
    from kinoform.serving import worker

    worker.main()
