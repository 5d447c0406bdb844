"""Files signed: what is in them, what is beside them, and that chance has no part in it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from kinoform.media.footage import load_footage
from kinoform.media.provenance.check import Checker, workplace
from kinoform.media.provenance.credit import Agent, Credit, Source
from kinoform.media.provenance.development import SUBJECT, development_files
from kinoform.media.provenance.errors import BadIdentity
from kinoform.media.provenance.found import Found, State
from kinoform.media.provenance.identity import SigningFiles
from kinoform.media.provenance.sign import Signed, Signer, proven
from tests.media.provenance.authority import Authority
from tests.media.provenance.files import BESIDE, EMBEDDED, FRAMES, Kind

PROMPT = "a secret penguin"
CREDIT = Credit(source=Source.GENERATED, agent=Agent("kino-mini", "1"), prompt=PROMPT)
KINDS = pytest.mark.parametrize("kind", [*EMBEDDED, *BESIDE], ids=lambda kind: kind.name)


def read(path: Path, kind: Kind, signed: Signed, anchors: str = "") -> Found:
    """What the file's credentials say."""
    with workplace() as folder:
        (folder / "content").write_bytes(path.read_bytes())
        if signed.sidecar is not None:
            (folder / "credentials").write_bytes(signed.sidecar.read_bytes())
        return Checker(anchors).check(folder, kind.media_type)


@KINDS
def test_a_signed_file_is_trusted_where_its_authority_is_and_nowhere_else(kind: Kind, tmp_path: Path) -> None:
    authority, path = Authority(), tmp_path / kind.name
    kind.write(path)
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    signed = Signer(authority.signing(tmp_path / "keys")).sign(path, kind.media_type, CREDIT)

    found = read(path, kind, signed, authority.anchors)
    assert found == Found(
        state=State.TRUSTED,
        signer="Test Studio",
        organization="Test Studio Ltd",
        claim_generator=found.claim_generator,
        agent="kino-mini 1",
        digital_source_type="trainedAlgorithmicMedia",
    )
    assert found.claim_generator.startswith("Kinoform ")
    assert read(path, kind, signed).state is State.VALID
    assert read(path, kind, signed, Authority("Somebody Else").anchors).state is State.VALID
    assert signed.content_sha256 == content
    assert (signed.sidecar is None) == (kind in EMBEDDED)
    if signed.sidecar is not None:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == content
        assert signed.sidecar == path.with_name(f"{kind.name}.c2pa")
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        ["keys", kind.name, *filter(None, [signed.sidecar and signed.sidecar.name])]
    )


@KINDS
@pytest.mark.parametrize("place", [0.3, 0.999])
def test_one_flipped_bit_of_the_content_makes_it_invalid(kind: Kind, place: float, tmp_path: Path) -> None:
    authority, path = Authority(), tmp_path / kind.name
    kind.write(path)
    size = path.stat().st_size
    signed = Signer(authority.signing(tmp_path / "keys")).sign(path, kind.media_type, CREDIT)

    data = bytearray(path.read_bytes())
    data[len(data) - size + int(place * size) if kind in EMBEDDED else int(place * size)] ^= 1
    path.write_bytes(data)

    found = read(path, kind, signed, authority.anchors)
    assert found.state is State.INVALID
    assert found.failures


_ELSEWHERE = """
import sys
from pathlib import Path
from kinoform.media.provenance.credit import Agent, Credit, Source
from kinoform.media.provenance.identity import SigningFiles
from kinoform.media.provenance.sign import Signer
key, certificate, path, media_type, prompt = sys.argv[1:]
credit = Credit(source=Source.GENERATED, agent=Agent("kino-mini", "1"), prompt=prompt)
Signer(SigningFiles(key=Path(key), certificate=Path(certificate))).sign(Path(path), media_type, credit)
"""


@KINDS
def test_another_process_signs_the_same_bytes_the_same(kind: Kind, tmp_path: Path) -> None:
    files = Authority().signing(tmp_path / "keys")
    here, there = (tmp_path / place / kind.name for place in ("here", "there"))
    for path in (here, there):
        path.parent.mkdir()
    kind.write(here)
    there.write_bytes(here.read_bytes())

    Signer(files).sign(here, kind.media_type, CREDIT)
    arguments = [str(files.key), str(files.certificate), str(there), kind.media_type, PROMPT]
    subprocess.run([sys.executable, "-c", _ELSEWHERE, *arguments], check=True)

    assert [path.read_bytes() for path in sorted(here.parent.iterdir())] == [
        path.read_bytes() for path in sorted(there.parent.iterdir())
    ]


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["P-384", "P-521", "Ed25519"],
)
def test_every_kind_of_key_signs_alike_twice(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    authority = Authority()
    signer, made = Signer(authority.signing(tmp_path / "keys", key=key)), []
    for name in ("a.png", "b.png"):
        EMBEDDED[2].write(tmp_path / name)
        signed = signer.sign(tmp_path / name, "image/png", CREDIT)
        assert read(tmp_path / name, EMBEDDED[2], signed, authority.anchors).state is State.TRUSTED
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_what_is_credited_otherwise_is_another_file(tmp_path: Path) -> None:
    signer, made = Signer(Authority().signing(tmp_path / "keys")), set()
    made_by = (CREDIT, Credit(source=Source.RENDERED), Credit(source=Source.GENERATED, agent=Agent("kino-mini", "2")))
    for number, credit in enumerate(made_by):
        EMBEDDED[2].write(tmp_path / f"{number}.png")
        signer.sign(tmp_path / f"{number}.png", "image/png", credit)
        made.add((tmp_path / f"{number}.png").read_bytes())
    assert len(made) == len(made_by)


def test_the_prompt_is_signed_as_its_digest_unless_it_shall_be_shown(tmp_path: Path) -> None:
    files = Authority().signing(tmp_path / "keys")
    shown = SigningFiles(key=files.key, certificate=files.certificate, prompts=True)
    for number, signing in enumerate((files, shown)):
        path = tmp_path / f"a-secret-penguin-{number}.png"
        EMBEDDED[2].write(path)
        Signer(signing).sign(path, "image/png", CREDIT)
        assert hashlib.sha256(PROMPT.encode()).hexdigest().encode() in path.read_bytes()
        assert (b"penguin" in path.read_bytes()) == signing.prompts


@pytest.mark.parametrize("kind", EMBEDDED, ids=lambda kind: kind.name)
def test_pictures_are_the_same_after_signing(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / kind.name
    kind.write(path)
    before = load_footage(path.read_bytes(), max_frames=99, max_side=999).frames
    Signer(Authority().signing(tmp_path / "keys")).sign(path, kind.media_type, CREDIT)
    after = load_footage(path.read_bytes(), max_frames=99, max_side=999).frames
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def test_a_signed_clip_still_begins_before_it_is_there_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    EMBEDDED[0].write(path)
    Signer(Authority().signing(tmp_path / "keys")).sign(path, "video/mp4", CREDIT)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_signed_png_has_right_checksums(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    EMBEDDED[2].write(path)
    Signer(Authority().signing(tmp_path / "keys")).sign(path, "image/png", CREDIT)
    with Image.open(path) as image:
        image.verify()
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), FRAMES[0])


def test_the_development_certificate_is_made_once_says_what_it_is_and_is_read_by_nobody_else(tmp_path: Path) -> None:
    files = development_files(tmp_path / "signing")
    before = files.key.read_bytes(), files.certificate.read_bytes()
    assert development_files(tmp_path / "signing") == files
    assert (files.key.read_bytes(), files.certificate.read_bytes()) == before
    assert {path.stat().st_mode & 0o777 for path in (files.key, files.certificate)} == {0o600}

    path = tmp_path / "poster.png"
    EMBEDDED[2].write(path)
    found = read(path, EMBEDDED[2], Signer(files).sign(path, "image/png", CREDIT))
    assert (found.state, found.signer, found.organization) == (State.VALID, SUBJECT, SUBJECT)


def test_a_certificate_that_c2pa_does_not_allow_is_refused_at_start(tmp_path: Path) -> None:
    files = Authority().signing(tmp_path / "keys", usages=[ExtendedKeyUsageOID.SERVER_AUTH])
    (tmp_path / "trial").mkdir()
    with pytest.raises(BadIdentity, match="signing certificate"):
        proven(files, tmp_path / "trial")


@pytest.mark.parametrize(
    ("key", "certificate", "said"),
    [
        ("missing", "good", "signing key: .*can't be read"),
        ("good", "missing", "signing certificate: .*can't be read"),
        ("rubbish", "good", "signing key: .*no unencrypted private key"),
        ("good", "rubbish", "signing certificate: .*no certificate"),
        ("other", "good", "signing certificate: .*not that of the key"),
        ("rsa", "good", "signing key: .*must be a P-256"),
    ],
)
def test_a_bad_identity_is_refused_by_what_is_wrong(key: str, certificate: str, said: str, tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "rubbish").write_text("rubbish")
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good, other = authority.signing(tmp_path / "1"), authority.signing(tmp_path / "2")
    places = {
        "missing": (tmp_path / "missing", tmp_path / "missing"),
        "rubbish": (tmp_path / "rubbish", tmp_path / "rubbish"),
        "good": (good.key, good.certificate),
        "other": (other.key, other.certificate),
    }
    if key == "rsa":
        places["rsa"] = (authority.signing(tmp_path / "3", key=rsa_key).key, good.certificate)
    with pytest.raises(BadIdentity, match=said):
        Signer(SigningFiles(key=places[key][0], certificate=places[certificate][1]))


def test_the_library_itself_finds_nothing_but_the_unknown_signer(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    EMBEDDED[2].write(path)
    Signer(Authority().signing(tmp_path / "keys")).sign(path, "image/png", CREDIT)
    with path.open("rb") as file:
        results = c2pa.Reader("image/png", file).get_validation_results()
    assert [each["code"] for each in results["activeManifest"]["failure"]] == ["signingCredential.untrusted"]
