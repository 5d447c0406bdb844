"""The keys of the job store, as this gateway knows them."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from kinoform.gateway.access.fresh import Fresh
from kinoform.gateway.access.principal import Principal
from kinoform.store.errors import StoreError
from kinoform.store.keys import KeyRecord, Keys, parse

_log = structlog.get_logger("kinoform.gateway.access")

USE_GRAIN_US = 3_600_000_000
"""How exactly the store knows when a key was used last."""


class Keyring:
    """Recognises keys. Holds them all: a stranger's guesses cost no queries."""

    def __init__(self, keys: Keys, *, now_us: Callable[[], int], clock: Callable[[], float], max_age_s: float) -> None:
        """now_us: microseconds since 1970; clock: seconds that never go back; max_age_s: delay of a revocation."""
        self._keys = keys
        self._now_us = now_us
        self._max_age_s = max_age_s
        self._known = Fresh(self._load, max_age_s, clock)
        self._noted: dict[str, int] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def exists(self) -> bool:
        """Whether a key was ever made. Raises StoreUnavailable."""
        return bool(await self._known.get())

    async def principal(self, token: str) -> Principal | None:
        """Whose key it is; None if it opens nothing. Raises StoreUnavailable."""
        parts = parse(token)
        if parts is None:
            return None
        key_id, secret = parts
        # A key that was made a moment ago should open at once, but guesses must not make this gateway read all day.
        known = await self._known.get()
        record = known.get(key_id) or (await self._known.get(self._max_age_s / 10)).get(key_id)
        now = self._now_us()
        if record is None or not record.accepts(secret, now):
            return None
        self._note(record, now)
        return Principal(
            name=f"key:{record.id}", key_id=record.id, projects=frozenset(record.projects), role=record.role
        )

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._notes)

    def _load(self) -> Mapping[str, KeyRecord]:
        return {record.id: record for record in self._keys.list()}

    def _note(self, record: KeyRecord, now: int) -> None:
        if now - max(record.last_used_at or 0, self._noted.get(record.id, 0)) >= USE_GRAIN_US:
            self._noted[record.id] = now
            note = asyncio.create_task(self._write_use(record.id, now))
            self._notes.add(note)
            note.add_done_callback(self._notes.discard)

    async def _write_use(self, key_id: str, now: int) -> None:
        try:
            await asyncio.to_thread(self._keys.used, key_id, at=now)
        except StoreError as error:
            _log.warning("use of a key not noted", key_id=key_id, error=str(error))
