"""Bytes on the wire that are no gRPC, and some that nearly are."""

import contextlib
import socket
from random import Random

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TIMEOUT_S = 2.0


def torment(address: str, rng: Random) -> None:
    """One connection of garbage; what the server does with it is its own affair, as long as it lives."""
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.sendall(_garbage(rng))
        if rng.random() < 0.5:
            connection.recv(4096)


def _garbage(rng: Random) -> bytes:
    match rng.randrange(5):
        case 0:
            return rng.randbytes(rng.choice((1, 100, 100_000)))
        case 1:
            return b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * rng.choice((1, 1000))
        case 2:
            return PREFACE + rng.randbytes(rng.choice((9, 1000, 50_000)))
        case 3:
            return PREFACE + b"".join(_frame(rng) for _ in range(rng.choice((1, 20, 500))))
    return PREFACE[: rng.randrange(len(PREFACE))]


def _frame(rng: Random) -> bytes:
    """RFC 9113, section 4.1: length, type, flags, stream, payload; any of them may lie."""
    payload = rng.randbytes(rng.choice((0, 4, 8, 100)))
    length = len(payload) if rng.random() < 0.8 else rng.getrandbits(24)
    head = length.to_bytes(3, "big") + bytes([rng.choice((*range(10), 255)), rng.getrandbits(8)])
    return head + rng.choice((0, 1, 2, 3, 2**31 - 1)).to_bytes(4, "big") + payload
