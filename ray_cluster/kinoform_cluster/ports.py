"""Finding and checking ports."""

import socket

from kinoform_cluster.errors import PortBusy


def usable_port(host: str, port: int) -> int:
    """`port` if it is free at `host`, or any free one for 0. Raises PortBusy."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As gRPC listens: connections of the last run that are still closing do no harm.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        raise PortBusy(host, port, error.strerror or str(error)) from error


def address(host: str, port: int) -> str:
    """`host:port` as gRPC writes it, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
