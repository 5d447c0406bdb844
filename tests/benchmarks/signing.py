"""What signing costs: time, and bytes in the file or beside it."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kinoform.media.provenance.credit import Agent, Credit, Source
from kinoform.media.provenance.development import development_files
from kinoform.media.provenance.sign import Signer
from tests.benchmarks.table import Figure, median
from tests.media.provenance.files import BESIDE, EMBEDDED, Kind

RUNS = 9
CREDIT = Credit(source=Source.GENERATED, agent=Agent("kino-mini", "1"), prompt="a penguin")


def figures() -> Iterator[Figure]:
    """Of every kind of file, small ones: what grows with the file is two SHA-256 of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signer = Signer(development_files(folder / "signing"))
        for kind in (*EMBEDDED, *BESIDE):
            yield from _cost(kind, signer, folder)


def _cost(kind: Kind, signer: Signer, folder: Path) -> Iterator[Figure]:
    path, taken = folder / kind.name, []
    kind.write(path)
    content = path.read_bytes()
    for _ in range(RUNS):
        path.write_bytes(content)
        begun = time.perf_counter()
        beside = signer.sign(path, kind.media_type, CREDIT).sidecar
        taken.append(time.perf_counter() - begun)
    added = path.stat().st_size - len(content) if beside is None else beside.stat().st_size
    where = "in it" if beside is None else "beside it"
    yield Figure(name=f"{kind.name} signed", value=1000 * median(taken), unit="ms", note=f"{added} bytes {where}")
