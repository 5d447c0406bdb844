"""Writes the blocking SDK from the asynchronous one: `python clients/unasync.py` (`--check` only compares).

It drops `async` and `await` and renames what differs, token by token; the formatter then joins the shortened lines. The
same is done to the SDK's tests, so that both faces pass the same ones. `transport.py` is written by hand on both sides.
"""

import io
import re
import subprocess
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "clients/kinoform_client"
TESTS = ROOT / "tests/kinoform_client"
NOTICE = "# Written by clients/unasync.py from {source}: change that file, not this one.\n"

NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aio": "sync",
    "aclose": "close",
    "aclosing": "closing",
    "anext": "next",
    "StopAsyncIteration": "StopIteration",
}
WORDS = {r"\basync (with|for|def)\b": r"\1", r"\bawait ": "", r"\bAsync(?=[A-Z])": "", r"\baio\b": "sync"}


def unasync(source: str) -> str:
    """The blocking twin of a module's source."""
    lines = source.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for token, following in reversed(list(pairwise(tokens))):
        (row, start), (_, end) = token.start, token.end
        if token.type == tokenize.NAME and token.string in ("async", "await"):
            _replace(lines, row, start, following.start[1], "")
        elif token.type == tokenize.NAME:
            _replace(lines, row, start, end, _name(token.string))
        elif token.type in (tokenize.STRING, tokenize.COMMENT):
            _replace_text(lines, token)
    return "".join(lines)


def pairs() -> list[tuple[Path, Path]]:
    """Every asynchronous module and its blocking twin."""
    modules = [(path, PACKAGE / "sync" / path.name) for path in sorted((PACKAGE / "aio").glob("[!_]*.py"))]
    tests = [
        (path, TESTS / "sync" / path.name.replace("_aio_", "_sync_")) for path in sorted((TESTS / "aio").glob("*.py"))
    ]
    return [(source, twin) for source, twin in modules + tests if source.name != "transport.py"]


def twin_of(source: Path, twin: Path) -> str:
    """What the twin should hold, formatted as if it lay in its place."""
    text = NOTICE.format(source=source.relative_to(ROOT)) + unasync(source.read_text())
    for command in (["check", "--quiet", "--select", "I,SIM117", "--fix"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(twin), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


def main(arguments: list[str]) -> int:
    """Writes or compares; 1 if a twin is not what would be written."""
    stale = 0
    for source, twin in pairs():
        text = twin_of(source, twin)
        if twin.exists() and twin.read_text() == text:
            continue
        if "--check" in arguments:
            print(f"stale: {twin.relative_to(ROOT)}", file=sys.stderr)
            stale = 1
        else:
            twin.parent.mkdir(parents=True, exist_ok=True)
            twin.write_text(text)
    return stale


def _name(name: str) -> str:
    return NAMES.get(name) or re.sub(r"^Async(?=[A-Z])", "", name)


def _replace(lines: list[str], row: int, start: int, end: int, text: str) -> None:
    line = lines[row - 1]
    lines[row - 1] = line[:start] + text + line[end:]


def _replace_text(lines: list[str], token: tokenize.TokenInfo) -> None:
    text = token.string
    for pattern, replacement in WORDS.items():
        text = re.sub(pattern, replacement, text)
    (first, start), (last, end) = token.start, token.end
    tail = lines[last - 1][end:]
    lines[first - 1 : last] = [lines[first - 1][:start] + text + tail]
    lines[first:first] = [""] * (last - first)  # rows keep their numbers for the tokens before


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
