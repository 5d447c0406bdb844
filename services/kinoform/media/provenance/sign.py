"""Signs files: last of all, when their bytes are final."""

import hashlib
import json
import mmap
import struct
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import c2pa

from kinoform.media.provenance.credit import SIDECAR_ENDING, Credit, Source
from kinoform.media.provenance.errors import BadIdentity, NotSigned
from kinoform.media.provenance.identity import CERTIFICATE, SigningFiles, fingerprint, read_identity
from kinoform.media.provenance.settle import Draft, Unsettled, settled

GENERATOR = "Kinoform"
EMBEDS = frozenset({"image/png", "image/jpeg", "video/mp4", "video/quicktime"})
"""Kinds of files that take the credentials in. Others get a file beside them."""
TRIAL = Credit(source=Source.RENDERED)
_SETTINGS = {
    # The picture of the file within the file: 60 kB more, and nobody looks at it.
    "builder": {"thumbnail": {"enabled": False}},
    # Of a signature that is still to come.
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing made of a file."""

    content_sha256: str
    """Of the bytes before anything was embedded, hexadecimal."""
    sidecar: Path | None
    """The credentials, where they could not be embedded: beside the file, named after it."""


class Signer:
    """Signs with one identity. May be used from any thread.

    Without a timestamping authority, equal bytes with equal credits become equal signed bytes.
    """

    def __init__(self, files: SigningFiles) -> None:
        """Raises BadIdentity, also for a certificate that C2PA does not allow."""
        self._identity = read_identity(files)
        self._fingerprint = fingerprint(self._identity)
        self._tsa = files.tsa
        self._prompts = files.prompts

    def sign(self, path: Path, media_type: str, credit: Credit) -> Signed:
        """Signs the file: in its place where it takes credentials in, else beside it. Raises NotSigned."""
        content = _sha256(path)
        words = self._words(credit)
        made_of = "\n".join((content, self._fingerprint, json.dumps(words, sort_keys=True)))
        try:
            draft = self._drafted(path, media_type, _manifest(words, made_of))
            manifest = draft.manifest if self._tsa else settled(draft, self._identity, made_of)
            return self._left(path, media_type, draft, manifest, content)
        except (c2pa.C2paError, Unsettled) as error:
            raise NotSigned(path.name, str(error)) from error

    def _words(self, credit: Credit) -> dict[str, Any]:
        """The one action of the manifest. The file's name is not in it: it is made of the prompt."""
        agent = _generator()
        if credit.agent is not None:
            agent = {"name": credit.agent.name, "version": credit.agent.version}
        action: dict[str, Any] = {
            "action": "c2pa.created",
            "digitalSourceType": credit.source.uri,
            "softwareAgent": agent,
        }
        if credit.prompt:
            action["parameters"] = {"com.kinoform.promptSha256": hashlib.sha256(credit.prompt.encode()).hexdigest()}
            if self._prompts:
                action["parameters"]["com.kinoform.prompt"] = credit.prompt
        return action

    def _drafted(self, path: Path, media_type: str, manifest: dict[str, Any]) -> Draft:
        """Signed beside the file, or a copy of it beside the file."""
        tbs: list[bytes] = []

        def sign(data: bytes) -> bytes:
            tbs.append(data)
            return self._identity.sign(data) if self._tsa else self._mark(data)

        algorithm = c2pa.C2paSigningAlg[self._identity.algorithm]
        with (
            c2pa.Context(c2pa.Settings.from_dict(_SETTINGS)) as context,
            c2pa.Signer.from_callback(sign, algorithm, self._identity.chain, self._tsa) as signer,
            c2pa.Builder.from_json(json.dumps(manifest), context) as builder,
            path.open("rb") as source,
            _beside(path).open("w+b") as copy,
        ):
            if media_type not in EMBEDS:
                builder.set_no_embed()
            made = builder.sign(signer, media_type, source, copy)
        return Draft(made, tbs[-1], self._mark(tbs[-1]))

    def _mark(self, data: bytes) -> bytes:
        """Bytes as long as a signature that stand nowhere else."""
        return hashlib.shake_256(data).digest(len(self._identity.sign(data)))

    def _left(self, path: Path, media_type: str, draft: Draft, manifest: bytes, content: str) -> Signed:
        copy = _beside(path)
        if media_type in EMBEDS:
            _put_in(copy, media_type, draft.manifest, manifest)
            copy.replace(path)
            return Signed(content, None)
        copy.unlink()
        sidecar = path.with_name(path.name + SIDECAR_ENDING)
        sidecar.write_bytes(manifest)
        return Signed(content, sidecar)


def proven(files: SigningFiles, folder: Path) -> Signer:
    """A signer that has signed something: a certificate that C2PA refuses is found at start, not in the first job.

    folder: an empty one. Raises BadIdentity.
    """
    signer = Signer(files)
    trial = folder / "trial.bin"
    trial.write_bytes(b"Kinoform")
    try:
        sidecar = signer.sign(trial, "application/octet-stream", TRIAL).sidecar
        assert sidecar is not None
        with trial.open("rb") as content:
            reader = c2pa.Reader("application/octet-stream", content, manifest_data=sidecar.read_bytes())
        state = str(reader.get_validation_state())
    except (NotSigned, c2pa.C2paError) as error:
        raise BadIdentity(CERTIFICATE, str(error)) from error
    if state == "Invalid":
        raise BadIdentity(CERTIFICATE, f"{files.certificate} does not fit C2PA's certificate profile")
    return signer


def _manifest(action: dict[str, Any], made_of: str) -> dict[str, Any]:
    # The library takes identifiers of this form only; ours are made of what they identify.
    name = UUID(bytes=hashlib.sha256(made_of.encode()).digest()[:16], version=4)
    return {
        "claim_version": 2,
        "label": f"urn:c2pa:{name}",
        "instance_id": f"xmp:iid:{name}",
        "claim_generator_info": [_generator()],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}, "created": True}],
    }


def _generator() -> dict[str, str]:
    return {"name": GENERATOR, "version": version("kinoform")}


def _put_in(path: Path, media_type: str, before: bytes, after: bytes) -> None:
    """Puts one manifest in another's place. Both are equally long, and outside of what the signature is over."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        start = data.find(before)
        if start < 0:
            raise Unsettled(f"the manifest does not stand in the {media_type} file as one piece")
        end = start + len(before)
        data[start:end] = after
        if media_type == "image/png":  # a chunk's checksum follows it, and covers its name
            data[end : end + 4] = struct.pack(">I", zlib.crc32(data[start - 4 : end]))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".signing")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
