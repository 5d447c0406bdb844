"""Whether an asset is what was stored, and what its credentials say."""

import asyncio
import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kinoform.gateway import convert
from kinoform.gateway.errors import AssetDamaged, BadRequest, Violation
from kinoform.media.provenance.check import CONTENT, CREDENTIALS, Checker, workplace
from kinoform.media.provenance.credit import SIDECAR_TYPE
from kinoform.media.provenance.found import NONE, Found, State
from kinoform.store.asset_records import Assets
from kinoform.store.assets import CHUNK, AssetStore
from kinoform.store.errors import DigestMismatch, NotFound
from kinoform.store.jobs import Jobs
from kinoform.store.records import AssetRecord
from kinoform_proto.asset.v1 import asset_pb2

AT_ONCE = 2
"""Checks, each a process of up to a gigabyte and a copy of the file; others wait."""
MOST_CREDENTIALS_BYTES = 16 << 20

STATES = {
    State.NONE: asset_pb2.Provenance.STATE_NONE,
    State.INVALID: asset_pb2.Provenance.STATE_INVALID,
    State.VALID: asset_pb2.Provenance.STATE_VALID,
    State.TRUSTED: asset_pb2.Provenance.STATE_TRUSTED,
}


class Verified(NamedTuple):
    """An asset whose bytes are as recorded."""

    asset: AssetRecord
    credentials: str
    """Name of the asset that they were read from; empty if they are embedded, or there are none."""
    found: Found


@dataclass(frozen=True, slots=True)
class Stores:
    """What the verifier reads."""

    assets: Assets
    jobs: Jobs
    blobs: AssetStore


class Verifier:
    """Verifies assets, a few at a time."""

    def __init__(self, stores: Stores, checker: Checker) -> None:
        self._stores = stores
        self._checker = checker
        self._room = asyncio.Semaphore(AT_ONCE)

    async def verify(self, name: str, credentials: str) -> Verified:
        """Reads the bytes again, compares their digest, and reads the credentials.

        credentials: asset that holds them; empty for those that belong to it. Raises NotFound, AssetDamaged; BadRequest
        for credentials of another project, or that can be none.
        """
        async with self._room:
            return await asyncio.to_thread(self._verified, name, credentials)

    def _verified(self, name: str, credentials: str) -> Verified:
        asset = self._stores.assets.get(name)
        beside = self._given(asset, credentials) if credentials else self._beside(asset)
        with workplace() as folder:
            self._copy(asset, folder / CONTENT)
            if beside is not None:
                self._copy(beside, folder / CREDENTIALS)
            # Credentials by themselves are about another file, and have none of their own.
            bare = asset.media_type == SIDECAR_TYPE and beside is None
            found = NONE if bare else self._checker.check(folder, asset.media_type)
        return Verified(asset, "" if beside is None else beside.name, found)

    def _given(self, asset: AssetRecord, name: str) -> AssetRecord:
        if name.split("/")[1] != asset.project:
            raise BadRequest([Violation("credentials", f"must be an asset of projects/{asset.project}, is {name}")])
        found = self._stores.assets.get(name)
        if found.size > MOST_CREDENTIALS_BYTES:
            reason = f"must have at most {MOST_CREDENTIALS_BYTES} bytes, {name} has {found.size}"
            raise BadRequest([Violation("credentials", reason)])
        return found

    def _beside(self, asset: AssetRecord) -> AssetRecord | None:
        """What the job that made the asset stored for it; None if they are embedded, or somebody deleted them."""
        try:
            outputs = self._stores.jobs.get(asset.job).status.outputs if asset.job else ()
            shown = (convert.output_to_proto(output) for output in outputs if output.asset == asset.name)
            name = next((output.credentials for output in shown), "")
            return self._stores.assets.get(name) if name else None
        except NotFound:
            return None

    def _copy(self, asset: AssetRecord, path: Path) -> None:
        """Raises AssetDamaged unless the stored bytes are as recorded."""
        digest = hashlib.sha256()
        try:
            with closing(self._stores.blobs.open(asset.sha256)) as stored, path.open("wb") as copy:
                while chunk := stored.read(CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
        except NotFound as error:
            raise AssetDamaged(asset.name, str(error)) from error
        if digest.hexdigest() != asset.sha256:
            damage = DigestMismatch(f"blob {asset.sha256}", asset.sha256, digest.hexdigest())
            raise AssetDamaged(asset.name, str(damage))


def provenance_to_proto(verified: Verified) -> asset_pb2.Provenance:
    """What was found, as callers see it."""
    found = verified.found
    shown = asset_pb2.Provenance(
        state=STATES[found.state],
        credentials=verified.credentials,
        signer=found.signer,
        organization=found.organization,
        claim_generator=found.claim_generator,
        agent=found.agent,
        digital_source_type=found.digital_source_type,
        failures=found.failures,
    )
    if found.sign_time is not None:
        shown.sign_time.FromDatetime(found.sign_time)
    return shown
