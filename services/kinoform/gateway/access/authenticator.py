"""Recognises callers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kinoform.gateway.access.certificates import certificate_principal
from kinoform.gateway.access.credentials import Credentials
from kinoform.gateway.access.key_file import KeyFile
from kinoform.gateway.access.keyring import Keyring
from kinoform.gateway.access.principal import ANYONE, Principal
from kinoform.gateway.access.tokens import Tokens
from kinoform.gateway.errors import Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """Asks all that this gateway trusts. It is open only while nothing is set up and the store has never had a key."""

    keyring: Keyring
    key_file: KeyFile | None
    tokens: Tokens | None
    certificates: bool
    """TLS demands client certificates."""
    now_us: Callable[[], int]

    async def principal(self, shown: Credentials) -> Principal:
        """Who calls. Raises Unauthenticated, KeysOutOfReach, StoreUnavailable."""
        if not await self.asks():
            return ANYONE
        certified = self._certified(shown)
        token = shown.token()
        if token is None:
            if certified is None:
                raise Unauthenticated
            return certified
        principal = await self._holder(token)
        if principal is None:
            raise Unauthenticated
        return principal if certified is None else principal.within(certified)

    async def asks(self) -> bool:
        """Whether callers must show anything. Raises StoreUnavailable."""
        set_up = self.certificates or self.key_file is not None or self.tokens is not None
        return set_up or await self.keyring.exists()

    def _certified(self, shown: Credentials) -> Principal | None:
        if not self.certificates:
            return None
        if shown.certificate is None:
            raise Unauthenticated
        return certificate_principal(shown.certificate, datetime.fromtimestamp(self.now_us() / 1e6, UTC))

    async def _holder(self, token: str) -> Principal | None:
        found = await self.keyring.principal(token)
        if found is None and self.key_file is not None:
            found = self.key_file.principal(token)
        if found is None and self.tokens is not None:
            found = await self.tokens.principal(token)
        return found
