"""Takes chance out of a fresh signature: the same bytes, signed again anywhere, become the same signed bytes.

The library draws a random salt for each assertion; with it change the assertion's hash, hence the claim that lists the
hashes, hence the signature over the claim. All of these have fixed lengths. So the salts are replaced by derived ones
and what hangs on them is made anew. A salt keeps the content of an assertion that was redacted from being guessed;
derived from the signing key it still does.
"""

import hashlib
from dataclasses import dataclass

from kinoform.media.provenance.identity import Identity
from kinoform.media.provenance.jumbf import described


class Unsettled(ValueError):
    """The manifest is not built as it was when this was written: the library has changed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the library made, with a mark where the signature belongs."""

    manifest: bytes
    to_be_signed: bytes
    """What the signature is over: COSE's Sig_structure, which ends in the claim."""
    mark: bytes


def settled(draft: Draft, identity: Identity, purpose: str) -> bytes:
    """The manifest signed, as long as before. purpose: names what is signed. Raises Unsettled."""
    manifest, to_be_signed = bytearray(draft.manifest), draft.to_be_signed
    for each in described(draft.manifest):
        if each.salt is None:
            continue
        before = _digest(manifest, each.box.start, each.box.end)
        salt = identity.derive(purpose, each.label)[: each.salt.end - each.salt.start]
        manifest[each.salt.start : each.salt.end] = salt
        after = _digest(manifest, each.box.start, each.box.end)
        to_be_signed = _replaced(to_be_signed, before, after)
        manifest = bytearray(_replaced(bytes(manifest), before, after))
    return _replaced(bytes(manifest), draft.mark, identity.sign(to_be_signed))


def _digest(manifest: bytearray, start: int, end: int) -> bytes:
    return hashlib.sha256(memoryview(manifest)[start:end]).digest()


def _replaced(data: bytes, before: bytes, after: bytes) -> bytes:
    if data.count(before) != 1 or len(before) != len(after):
        raise Unsettled(f"{len(before)} bytes that should be there once are there {data.count(before)} times")
    return data.replace(before, after)
