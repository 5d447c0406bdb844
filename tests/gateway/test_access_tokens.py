"""JSON Web Tokens: what a hostile caller may try, and keys that change."""

import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.rpc import code_pb2
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from kinoform.gateway.access.config import AccessConfig, BadAccess
from kinoform.gateway.access.jwks import REFRESH_S, UNKNOWN_S, USELESS_S, BadJwks, Jwks, jwks_from, keys_in
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.errors import KeysOutOfReach
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.access_peer import bearer
from tests.gateway.gateway_peer import asked, refusal, running

RSA = rsa.generate_private_key(65537, 2048)
WEAK = rsa.generate_private_key(65537, 1024)
EC = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()
STRANGER = ed25519.Ed25519PrivateKey.generate()
SECRET = "s" * 64


def public(kid: str, algorithm: Any, key: Any, **more: str) -> Mapping[str, Any]:
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


JWKS = {
    "keys": [
        public("rsa", RSAAlgorithm, RSA, use="sig"),
        public("ec", ECAlgorithm, EC, alg="ES256"),
        public("ed", OKPAlgorithm, ED),
        public("weak", RSAAlgorithm, WEAK),
        public("p384", ECAlgorithm, P384),
        public("for-encryption", OKPAlgorithm, ED, use="enc"),
        public("other-algorithm", RSAAlgorithm, RSA, alg="RS512"),
        {**OKPAlgorithm.to_jwk(ED, as_dict=True), "kid": "private"},
        {"kty": "oct", "k": "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M", "kid": "shared", "alg": "HS256"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kid": "nothing"},
    ]
}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": "https://login.test",
        "aud": "kinoform",
        "sub": "ada",
        "exp": now + 600,
        "projects": ["default"],
        "role": "member",
    }
    return {key: value for key, value in (good | changed).items() if value is not None}


def token(key: Any = ED, algorithm: str = "EdDSA", kid: str | None = "ed", **changed: Any) -> str:
    with warnings.catch_warnings(action="ignore", category=jwt.warnings.InsecureKeyLengthWarning):
        return jwt.encode(claims(**changed), key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def unsigned(algorithm: str) -> str:
    whole = token().split(".")
    header = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "kid": "ed", "typ": "JWT"}).encode()).decode()
    return ".".join([header, whole[1], ""])


def signed_with_the_public_key() -> str:
    """The classic: the verifier takes the public RSA key for an HMAC secret."""
    secret = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return _hmac(secret, "rsa")


def _hmac(secret: bytes, kid: str) -> str:
    header = jwt.utils.base64url_encode(json.dumps({"alg": "HS256", "kid": kid, "typ": "JWT"}).encode())
    body = jwt.utils.base64url_encode(json.dumps(claims()).encode())
    signature = hmac.new(secret, header + b"." + body, hashlib.sha256).digest()
    return b".".join([header, body, jwt.utils.base64url_encode(signature)]).decode()


NOW = int(time.time())
GOOD: dict[str, Callable[[], str]] = {
    "EdDSA": token,
    "RS256": lambda: token(RSA, "RS256", "rsa"),
    "ES256": lambda: token(EC, "ES256", "ec"),
    "for several audiences": lambda: token(aud=["other", "kinoform"]),
    "expired within the leeway": lambda: token(exp=int(time.time()) - 5),
    "of all projects": lambda: token(projects=["*"]),
}
BAD: dict[str, Callable[[], str]] = {
    "none": lambda: unsigned("none"),
    "None": lambda: unsigned("None"),
    "EdDSA without a signature": lambda: unsigned("EdDSA"),
    "HS256 by the public key": signed_with_the_public_key,
    "HS256 by a shared key": lambda: _hmac(b"s" * 32, "shared"),
    "another's signature": lambda: token(STRANGER),
    "no key id": lambda: token(kid=None),
    "unknown key id": lambda: token(kid="who"),
    "RS512 by an RS256 key": lambda: token(RSA, "RS512", "rsa"),
    "weak RSA": lambda: token(WEAK, "RS256", "weak"),
    "ES384": lambda: token(P384, "ES384", "p384"),
    "a key for encryption": lambda: token(kid="for-encryption"),
    "a key that is no secret": lambda: token(kid="private"),
    "expired": lambda: token(exp=NOW - 3600),
    "not yet": lambda: token(nbf=NOW + 3600),
    "no end": lambda: token(exp=None),
    "odd end": lambda: token(exp="soon"),
    "endless end": lambda: token(exp=10**400),
    "another issuer": lambda: token(iss="https://evil.test"),
    "no issuer": lambda: token(iss=None),
    "another audience": lambda: token(aud="other"),
    "no audience": lambda: token(aud=None),
    "no subject": lambda: token(sub=None),
    "subject with a line break": lambda: token(sub="ada\nroot"),
    "no projects": lambda: token(projects=None),
    "empty projects": lambda: token(projects=[]),
    "projects as text": lambda: token(projects="default"),
    "bad project": lambda: token(projects=["default", "projects/p"]),
    "no role": lambda: token(role=None),
    "unknown role": lambda: token(role="root"),
    "changed body": lambda: ".".join(
        [*token().split(".")[:1], token(role="admin").split(".")[1], token().split(".")[2]]
    ),
    "too long": lambda: token(padding="x" * 9000),
    "two parts": lambda: ".".join(token().split(".")[:2]),
}


@pytest.fixture
def with_tokens(config: GatewayConfig, tmp_path: Path) -> GatewayConfig:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(JWKS))
    access = AccessConfig(jwks=str(file), issuer="https://login.test", audience="kinoform", recheck_s=0.1)
    return replace(config, access=access)


async def test_tokens_open_what_they_say_and_forged_ones_nothing(with_tokens: GatewayConfig) -> None:
    async with running(with_tokens) as (_, caller):
        listing = job_pb2.ListJobsRequest(parent="projects/default")
        for make in GOOD.values():
            await caller.jobs.ListJobs(listing, metadata=bearer(make()))
        found = {}
        for name, make in BAD.items():
            found[name] = (await refusal(caller.jobs.ListJobs(listing, metadata=bearer(make())))).code
        # gRPC's own limit of metadata may come first.
        assert found.pop("too long") in (code_pb2.UNAUTHENTICATED, code_pb2.RESOURCE_EXHAUSTED)
        assert found == dict.fromkeys(found, code_pb2.UNAUTHENTICATED)


async def test_a_token_opens_its_projects_in_its_role(with_tokens: GatewayConfig) -> None:
    async with running(with_tokens) as (_, caller):
        elsewhere = job_pb2.ListJobsRequest(parent="projects/another")
        assert (await refusal(caller.jobs.ListJobs(elsewhere, metadata=bearer(token())))).code == 7
        await caller.jobs.ListJobs(elsewhere, metadata=bearer(token(projects=["another"])))
        making = caller.videos.GenerateVideo(asked(), metadata=bearer(token(role="viewer")))
        assert (await refusal(making)).code == code_pb2.PERMISSION_DENIED
        await caller.videos.GenerateVideo(asked(), metadata=bearer(token()))


def test_only_sound_public_signing_keys_count() -> None:
    assert set(keys_in(json.dumps(JWKS).encode())) == {"rsa", "ec", "ed"}
    for text in (b"", b"[]", b"{}", b'{"keys": {}}'):
        with pytest.raises(ValueError, match=r".*"):
            keys_in(text)


class Issuer:
    """Publishes keys, counts readers, and may be away."""

    def __init__(self) -> None:
        self.kids = ["a"]
        self.reads = 0
        self.away = False
        self.now = 0.0
        self.keys = Jwks(self.read, lambda: self.now)

    def read(self) -> bytes:
        self.reads += 1
        if self.away:
            raise OSError("away")
        return json.dumps({"keys": [public(kid, OKPAlgorithm, ED) for kid in self.kids]}).encode()


def test_a_new_key_is_found_and_made_up_ones_cost_one_read_in_a_while() -> None:
    issuer = Issuer()
    assert issuer.keys.find("a") is not None
    issuer.kids = ["b"]
    for number in range(1000):
        assert issuer.keys.find(f"made up {number}") is None
    assert (issuer.keys.find("b"), issuer.reads) == (None, 1)
    issuer.now += UNKNOWN_S + 1
    assert issuer.keys.find("b") is not None
    assert (issuer.keys.find("a"), issuer.reads) == (None, 2)


def test_keys_are_read_again_and_count_no_more_when_they_stay_away_for_long() -> None:
    issuer = Issuer()
    assert issuer.keys.find("a") is not None
    issuer.away = True
    issuer.now += REFRESH_S + 1
    assert issuer.keys.find("a") is not None
    issuer.now += USELESS_S
    with pytest.raises(KeysOutOfReach):
        issuer.keys.find("a")
    issuer.away, issuer.now = False, issuer.now + UNKNOWN_S + 1
    assert issuer.keys.find("a") is not None


@pytest.mark.parametrize("source", ["http://login.test/keys", "ftp://login.test/keys", "/nowhere/jwks.json"])
def test_keys_are_taken_over_https_or_from_a_file_that_is_there(source: str) -> None:
    with pytest.raises(BadJwks):
        jwks_from(source)
    jwks_from("https://login.test/keys")
    jwks_from("http://127.0.0.1:1/keys")


@pytest.mark.parametrize("given", [{"jwks": "f"}, {"jwks": "f", "issuer": "i"}, {"issuer": "i"}])
def test_an_issuer_and_an_audience_are_needed(given: dict[str, str]) -> None:
    with pytest.raises(BadAccess):
        AccessConfig(**given)  # type: ignore[arg-type]
