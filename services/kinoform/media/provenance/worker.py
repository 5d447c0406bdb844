"""The process behind `check.Checker`: `python -m kinoform.media.provenance.worker FOLDER MEDIA_TYPE SECONDS`."""

import json
import math
import resource
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import c2pa

from kinoform.media.provenance.check import ANCHORS, CONTENT, CREDENTIALS, MEMORY_BYTES, RESULT

_FILE_BYTES = 1 << 20
_LONGEST, _MOST = 500, 20
"""Characters of a text that is passed on, and failures."""
_STATES = {"Invalid": "invalid", "Valid": "valid", "Trusted": "trusted"}
_UNTRUSTED = "signingCredential.untrusted"
_NONE = ("ManifestNotFound", "NotSupported")


def main(folder: Path, media_type: str, seconds: float) -> None:
    """Reads the folder's files and leaves what they say there."""
    anchors = (folder / ANCHORS).read_text()
    context = c2pa.Context(c2pa.Settings.from_dict(settings(anchors)))
    credentials = (folder / CREDENTIALS).read_bytes() if (folder / CREDENTIALS).exists() else None
    _confine(seconds)
    (folder / RESULT).write_text(json.dumps(_said(folder / CONTENT, media_type, credentials, context)))


def settings(anchors: str) -> dict[str, Any]:
    """Of the library. A file may name addresses of more credentials: nothing is fetched on its word."""
    return {
        "verify": {"verify_trust": bool(anchors), "remote_manifest_fetch": False, "ocsp_fetch": False},
        **({"trust": {"trust_anchors": anchors}} if anchors else {}),
    }


def _confine(seconds: float) -> None:
    for kind, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, math.ceil(seconds)),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def _said(path: Path, media_type: str, credentials: bytes | None, context: c2pa.Context) -> dict[str, Any] | None:
    try:
        with path.open("rb") as content, c2pa.Reader(media_type, content, credentials, context) as reader:
            return _summary(json.loads(reader.json()))
    except c2pa.C2paError as error:
        kind = str(error).partition(":")[0]
        if credentials is None and kind in _NONE:
            return None
        return _words(None, {}, "invalid", [str(error)])


def _summary(store: Mapping[str, Any]) -> dict[str, Any]:
    manifest = store["manifests"][store["active_manifest"]]
    results = store.get("validation_results", {}).get("activeManifest", {})
    failures = [each for each in results.get("failure", ()) if each.get("code") != _UNTRUSTED]
    state = _STATES.get(store.get("validation_state", ""), "invalid")
    described = [f"{each.get('code')}: {each.get('explanation', '')}" for each in failures]
    return _words(manifest, _first_action(manifest), state, described)


def _words(
    manifest: Mapping[str, Any] | None, action: Mapping[str, Any], state: str, failures: Sequence[str]
) -> dict[str, Any]:
    signature = (manifest or {}).get("signature_info") or {}
    generators = (manifest or {}).get("claim_generator_info") or [{}]
    return {
        "state": state,
        "signer": _short(signature.get("common_name")),
        "organization": _short(signature.get("issuer")),
        "sign_time": signature.get("time"),
        "claim_generator": _named(generators[0]),
        "agent": _named(action.get("softwareAgent") or {}),
        "digital_source_type": _short(action.get("digitalSourceType")).rpartition("/")[2],
        "failures": [_short(each) for each in failures[:_MOST]],
    }


def _first_action(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """What began the content: the first action of all."""
    for assertion in manifest.get("assertions", ()):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            actions = assertion.get("data", {}).get("actions", ())
            return actions[0] if actions else {}
    return {}


def _named(software: object) -> str:
    if isinstance(software, Mapping):
        return _short(" ".join(str(software[key]) for key in ("name", "version") if software.get(key)))
    return _short(software)


def _short(text: object) -> str:
    return "" if text is None else str(text)[:_LONGEST]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
