"""Client certificates: a certificate may say itself what its holder may do.

URIs among its subject alternative names: `kinoform://projects/NAME` for each project (`*` for all) and
`kinoform://roles/ROLE` for the role, `member` without one. So the authority that signs certificates decides, and the
gateway needs no list of its own. A certificate that names no project only lets its holder through TLS: he needs a key
or a token besides. One that does, limits the key that comes with it.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from kinoform.gateway.access.principal import Principal
from kinoform.gateway.errors import Unauthenticated
from kinoform.store.keys import Role

_PROJECT = re.compile(r"kinoform://projects/([a-z0-9-]{1,63}|\*)")
_ROLE = re.compile(r"kinoform://roles/(viewer|member|admin)")
_OURS = "kinoform:"


def certificate_principal(pem: bytes, now: datetime) -> Principal | None:
    """Whom a certificate names, checked by TLS before; None if it names no project.

    Raises Unauthenticated for one that has run out since the connection was made, or that says something unknown.
    """
    principal, ends = _read(pem)
    if now >= ends:
        raise Unauthenticated
    return principal


@lru_cache(maxsize=1024)
def _read(pem: bytes) -> tuple[Principal | None, datetime]:
    certificate = x509.load_pem_x509_certificate(pem)
    uris = [uri for uri in _uris(certificate) if uri.startswith(_OURS)]
    projects = frozenset(found[1] for uri in uris if (found := _PROJECT.fullmatch(uri)))
    roles = [Role(found[1]) for uri in uris if (found := _ROLE.fullmatch(uri))]
    if len(roles) > 1 or len(roles) + len(projects) < len(set(uris)):
        raise Unauthenticated  # rather nothing than half of what it says
    ends = certificate.not_valid_after_utc.astimezone(UTC)
    if not projects:
        return None, ends
    role = roles[0] if roles else Role.MEMBER
    return Principal(name=f"certificate:{_name(certificate)}", projects=projects, role=role), ends


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _name(certificate: x509.Certificate) -> str:
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else f"{certificate.serial_number:x}"
