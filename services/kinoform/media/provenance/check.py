"""Reads credentials in a process of its own: they come from anywhere, and native code parses them.

Needs none of the parsers: the gateway imports this.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from kinoform.media.provenance.errors import BadTrustAnchors
from kinoform.media.provenance.found import NONE, Found, State

CONTENT, CREDENTIALS, ANCHORS, RESULT = "content", "credentials", "anchors.pem", "result.json"
"""Files in the folder that parent and worker share."""
MEMORY_BYTES, MOST_RESULT = 1 << 30, 1 << 20


@dataclass(frozen=True, slots=True)
class Checker:
    """Reads credentials with one set of trust anchors."""

    anchors: str = ""
    """Certificates of the authorities that are believed, PEM; with none nobody is trusted."""
    timeout_s: float = 60.0

    def check(self, folder: Path, media_type: str) -> Found:
        """What is found in `folder`/content and, if it is there, `folder`/credentials. Blocks, up to the timeout.

        A file that takes the parser down is INVALID, as one that it refuses.
        """
        (folder / ANCHORS).write_text(self.anchors)
        command = [sys.executable, "-m", "kinoform.media.provenance.worker", str(folder), media_type]
        try:
            code = subprocess.run(
                [*command, str(self.timeout_s)],
                env=_environment(folder),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.timeout_s,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:  # run() has killed it
            return _unreadable(f"reading them took more than {self.timeout_s:g} s")
        if code != 0:
            return _unreadable(f"a parser died of them, with status {code}")
        return _found(folder / RESULT)


def read_anchors(path: Path) -> str:
    """Trust anchors from a PEM file. Raises BadTrustAnchors."""
    try:
        text = path.read_text()
        x509.load_pem_x509_certificates(text.encode())
    except OSError as error:
        raise BadTrustAnchors(str(path), error.strerror or "can't be read") from error
    except ValueError as error:
        raise BadTrustAnchors(str(path), "holds no certificate in PEM") from error
    return text


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one check."""
    with tempfile.TemporaryDirectory(prefix="kinoform-provenance-") as name:
        yield Path(name)


def _environment(folder: Path) -> dict[str, str]:
    """None of ours, where secrets live."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {"PATH": os.defpath, "PYTHONPATH": paths, "HOME": str(folder), "TMPDIR": str(folder)}


def _unreadable(reason: str) -> Found:
    return Found(state=State.INVALID, failures=(reason,))


def _found(path: Path) -> Found:
    # By then the worker may do the bidding of the file it read: what it says is taken apart like any foreign text.
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_RESULT))
        if said is None:
            return NONE
        return Found(
            state=State(said["state"]),
            signer=str(said["signer"]),
            organization=str(said["organization"]),
            claim_generator=str(said["claim_generator"]),
            agent=str(said["agent"]),
            digital_source_type=str(said["digital_source_type"]),
            failures=tuple(str(each) for each in said["failures"]),
            sign_time=datetime.fromisoformat(said["sign_time"]) if said["sign_time"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _unreadable(f"they could not be read: {type(error).__name__}")
