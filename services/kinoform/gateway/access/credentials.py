"""What a call shows of its caller."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

from kinoform.gateway.errors import Unauthenticated

Metadata = Iterable[tuple[str, str | bytes]]
_PEM = "x509_pem_cert"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Kept for the whole call: long streams are judged again and again."""

    tokens: tuple[str, ...]
    """API keys or JWTs."""
    certificate: bytes | None
    """PEM of the client's certificate, which TLS has checked."""

    def token(self) -> str | None:
        """The key or token, if any. Raises Unauthenticated if there are several: which one counts would be a guess."""
        if len(self.tokens) > 1:
            raise Unauthenticated
        return self.tokens[0] if self.tokens else None


def shown_by(context: grpc.aio.ServicerContext[Any, Any]) -> Credentials:
    """The credentials of a call that has just begun."""
    identity: Mapping[str, Iterable[bytes]] = context.auth_context() or {}
    certificates = list(identity.get(_PEM, ()))
    return Credentials(tuple(_tokens(context.invocation_metadata() or ())), certificates[0] if certificates else None)


def _tokens(metadata: Metadata) -> Iterable[str]:
    for key, value in metadata:
        text = value if isinstance(value, str) else value.decode(errors="replace")
        if key.lower() == "x-api-key":
            yield text
        elif key.lower() == "authorization":
            scheme, _, token = text.partition(" ")
            yield token if scheme.lower() == "bearer" else ""
