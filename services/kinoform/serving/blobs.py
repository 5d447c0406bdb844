"""The asset store from async code: blocking reads and writes in threads of their own.

What is stored as an output has been judged and is signed.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from kinoform.media.footage import load_footage
from kinoform.media.provenance.credit import SIDECAR_TYPE, Credit
from kinoform.policy.judge import Place, Policies
from kinoform.serving.files import Writer, WrittenFile
from kinoform.serving.messages import OutputStored
from kinoform.store.assets import AssetStore, Blob

if TYPE_CHECKING:
    from kinoform.media.provenance.sign import Signer  # its library is large, and not needed where nothing is signed

WORKERS = 2
FRAMES = frozenset({"video", "clip", "mask_clip"})
"""Roles of files that are clips even where they are ZIP files, of PNG frames."""
MOST_FRAMES, JUDGED_SIDE = 10_000, 512
"""Of a clip that is judged, and the pixels along its longer side."""


class Blobs:
    """Bytes by content. Its threads are not those that decode, so a preview never waits for a file being written."""

    def __init__(self, assets: AssetStore, signer: "Signer | None" = None, policies: Policies | None = None) -> None:
        """signer: of everything that jobs leave behind; None leaves it unsigned. policies: what judges it first."""
        self._assets = assets
        self._signer = signer
        self._policies = policies or Policies()
        self._pool = ThreadPoolExecutor(WORKERS, "kinoform-blobs")

    async def put(self, data: bytes, media_type: str) -> Blob:
        """Stores bytes. Raises StoreFull."""
        return await self._loop.run_in_executor(self._pool, self._assets.put_bytes, data, media_type)

    def check(self, files: Sequence[WrittenFile]) -> None:
        """Judges pictures and clips among the files, before any of them is stored. Blocks. Raises Refused."""
        for file in files if self._policies else ():
            if file.media_type.startswith(("image/", "video/")) or file.role in FRAMES:
                shown = load_footage(file.path.read_bytes(), max_frames=MOST_FRAMES, max_side=JUDGED_SIDE)
                self._policies.check_pictures(Place.OUTPUT, shown.frames)

    async def put_file(self, file: WrittenFile, credit: Credit) -> OutputStored:
        """Signs and stores a file. Raises StoreFull, NotSigned."""
        return await self._loop.run_in_executor(self._pool, self._output, file, credit)

    async def read(self, sha256: str) -> bytes:
        """The bytes with that digest. Raises NotFound."""
        return await self._loop.run_in_executor(self._pool, self._assets.read, sha256)

    def put_written(self, write: Writer, credit: Credit) -> list[OutputStored]:
        """Signs and stores what `write` writes into the folder it is given. Blocks.

        Raises StoreFull, NotSigned, Refused, and what `write` raises.
        """
        # Written, stored and removed in one thread: nobody who stops waiting can take the folder from under a writer.
        with tempfile.TemporaryDirectory(prefix="kinoform-") as folder:
            files = write(Path(folder))
            self.check(files)
            return [self._output(file, credit) for file in files]

    def close(self) -> None:
        """Waits for what is being written."""
        self._pool.shutdown()

    def _output(self, file: WrittenFile, credit: Credit) -> OutputStored:
        if self._signer is None:
            blob = self._assets.put_file(file.path, file.media_type)
            return OutputStored(file.role, blob, file.path.name, file.report, blob.sha256)
        # Last of all, when nothing changes the bytes any more.
        signed = self._signer.sign(file.path, file.media_type, credit)
        blob = self._assets.put_file(file.path, file.media_type)
        beside = None if signed.sidecar is None else self._assets.put_file(signed.sidecar, SIDECAR_TYPE)
        return OutputStored(file.role, blob, file.path.name, file.report, signed.content_sha256, beside)

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()
