"""Puts the guard together."""

import time
from collections.abc import Callable

import structlog

from kinoform.gateway.access.auditor import Auditor
from kinoform.gateway.access.authenticator import Authenticator
from kinoform.gateway.access.config import AccessConfig, BadAccess
from kinoform.gateway.access.guard import Guard
from kinoform.gateway.access.jwks import jwks_from
from kinoform.gateway.access.key_file import read_keys
from kinoform.gateway.access.keyring import Keyring
from kinoform.gateway.access.rates import Rates
from kinoform.gateway.access.tokens import Tokens
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.validation import Checker
from kinoform.store.open import Store

_log = structlog.get_logger("kinoform.gateway.access")


def build_guard(config: GatewayConfig, store: Store, checker: Checker, now_us: Callable[[], int]) -> Guard:
    """The guard of a gateway. Raises BadAccess, BadJwks, OSError."""
    access, clock = config.access, time.monotonic
    if access.client_ca is not None and config.tls is None:
        raise BadAccess("--tls-client-ca", "needs --tls: certificates are shown in TLS only")
    authenticator = Authenticator(
        keyring=Keyring(store.keys, now_us=now_us, clock=clock, max_age_s=access.fresh_s),
        key_file=None if config.api_keys is None else read_keys(config.api_keys),
        tokens=_tokens(access),
        certificates=access.client_ca is not None,
        now_us=now_us,
    )
    return Guard(
        authenticator=authenticator,
        rates=Rates(store.quotas, config.limits, clock, access.fresh_s),
        auditor=Auditor(store.audit, clock),
        checker=checker,
        now_us=now_us,
        recheck_s=access.recheck_s,
    )


def _tokens(access: AccessConfig) -> Tokens | None:
    if not access.jwks:
        return None
    return Tokens(jwks_from(access.jwks), issuer=access.issuer, audience=access.audience)
