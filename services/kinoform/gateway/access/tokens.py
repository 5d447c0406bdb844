"""JSON Web Tokens: who signs in elsewhere, calls here."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from kinoform.gateway.access.jwks import ALGORITHMS, Jwks
from kinoform.gateway.access.principal import Principal
from kinoform.store.keys import Role

LEEWAY_S = 30
"""Clocks may differ by this."""
MOST_BYTES = 8192
_REMEMBERED = 4096
_REQUIRED = ["exp", "iss", "aud", "sub", "projects", "role"]
_PROJECT = re.compile(r"[a-z0-9-]{1,63}|\*")
_SUBJECT = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    ends_at: float
    """Seconds since 1970."""
    key: object
    """It was signed with. Another one under its id makes it strange again."""


class Tokens:
    """Checks tokens: signature, `exp`, `nbf`, `iss`, `aud`; then takes `sub`, `projects` (a list) and `role`."""

    def __init__(self, keys: Jwks, *, issuer: str, audience: str, now_s: Callable[[], float] = time.time) -> None:
        """now_s: seconds since 1970."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now_s = now_s
        # Streams show their token again every few seconds; a signature costs more to check than to remember.
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    async def principal(self, token: str) -> Principal | None:
        """Whom a token names; None for one that proves nothing. Raises KeysOutOfReach."""
        key = await self._key(token)
        if key is None:
            return None
        known = self._verified.get(token)
        if known is None or known.key is not key:
            known = self._check(token, key)
            if known is None:
                return None
            self._verified[token] = known
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return known.principal if self._now_s() < known.ends_at + LEEWAY_S else None

    async def _key(self, token: str) -> jwt.PyJWK | None:
        if len(token) > MOST_BYTES:
            return None
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError:
            return None
        return await asyncio.to_thread(self._keys.find, key_id) if isinstance(key_id, str) else None

    def _check(self, token: str, key: jwt.PyJWK) -> _Verified | None:
        assert key.algorithm_name in ALGORITHMS.values()
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED},
            )
            ends_at = float(claims["exp"])
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):  # some odd claims are not caught there
            return None
        principal = _principal(claims)
        return None if principal is None else _Verified(principal, ends_at, key)


def _principal(claims: Any) -> Principal | None:
    match claims:
        case {"sub": str(subject), "projects": [*projects], "role": str(role)}:
            good = _SUBJECT.fullmatch(subject) and role in set(Role)
            if good and projects and all(isinstance(each, str) and _PROJECT.fullmatch(each) for each in projects):
                return Principal(name=f"jwt:{subject}", projects=frozenset(projects), role=Role(role))
    return None
