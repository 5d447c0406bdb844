"""TLS of the public port."""

from pathlib import Path

import grpc


def server_credentials(pair: tuple[Path, Path], client_ca: Path | None) -> grpc.ServerCredentials:
    """Credentials from PEM files. pair: certificate chain and private key; client_ca: who signs clients' certificates,
    which are demanded then. Raises OSError.
    """
    certificate, key = (path.read_bytes() for path in pair)
    authorities = None if client_ca is None else client_ca.read_bytes()
    return grpc.ssl_server_credentials([(key, certificate)], authorities, require_client_auth=authorities is not None)
