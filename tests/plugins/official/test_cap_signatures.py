"""Signatures of warnings are held against certificates that a person trusts; a false one is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod
from signxml.signer import XMLSigner

from tests.plugins.fakes import answer, run
from tests.plugins.official.test_cap import DATA, alert, drafts, feed
from tests.plugins.servers.loopback import ports_of
from tests.plugins.servers.pages import Pages
from vigie.contracts.plugins import Batch, RawItem, Undecodable
from vigie.plugins.sources.cap import CapConfig, CapSource
from vigie.plugins.sources.cap.signatures import certificates, verdict

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(kind: str) -> Private:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1() if kind == "ec" else ec.SECP384R1())


def certificate(private: Private, *, until: datetime = NOW + timedelta(days=30)) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alertes.exemple.fr")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(private.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=400)).not_valid_after(until)
        .sign(private, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(Encoding.PEM).decode()


def signed(xml: str, private: Private, *, pem: str = "", told: bool = True) -> bytes:
    method = "rsa-sha256" if isinstance(private, rsa.RSAPrivateKey) else "ecdsa-sha256"
    signer = XMLSigner(method=SignatureConstructionMethod.enveloped, signature_algorithm=method)
    found = signer.sign(
        etree.fromstring(xml.encode()), key=private, cert=pem or None,
        always_add_key_value=told and not pem,
    )  # fmt: skip
    if not told:
        for info in found.iter("{http://www.w3.org/2000/09/xmldsig#}KeyInfo"):
            info.getparent().remove(info)
    return etree.tostring(found)


def judged(document: bytes, pem: str = "") -> str:
    return verdict(document, trusted=certificates(pem), now=NOW)


@pytest.mark.parametrize("kind", ["rsa", "ec", "ec384"])
def test_a_warning_signed_by_a_trusted_certificate_is_told_from_others(kind: str) -> None:
    private, other = key(kind), key("rsa2")
    pem = certificate(private)
    for document in (
        signed(alert("a"), private, pem=pem), signed(alert("a"), private, told=False),
    ):  # fmt: skip
        assert judged(document, pem) == "signed"
        assert judged(document, certificate(other) + pem) == "signed"
        assert judged(document, certificate(other)) == "unknown_signer"
        assert judged(document, certificate(private, until=NOW - timedelta(days=1))) == (
            "unknown_signer"
        )
        false = document.replace(b"Essonne", b"Finistere")
        assert judged(false, pem) == ("invalid" if b"KeyInfo" in document else "unknown_signer")
    assert judged(alert("a").encode(), pem) == "unsigned"


def test_a_signature_by_a_key_value_alone_is_checked_too() -> None:
    document = signed(alert("a"), key("rsa"))
    assert judged(document) == "unknown_signer"
    assert judged(document, certificate(key("rsa"))) == "signed"
    assert judged(document.replace(b"Severe", b"Minor")) == "invalid"


def test_a_signature_of_something_else_does_not_cover_the_warning() -> None:
    document = signed(alert("a"), key("rsa"), pem=certificate(key("rsa")))
    inside = document.replace(b'URI=""', b'URI="#b"')
    assert judged(inside, certificate(key("rsa"))) == "invalid"
    wrapped = document.replace(b"<identifier>a", b"<identifier>b")
    assert judged(wrapped, certificate(key("rsa"))) == "invalid"


def test_a_relay_may_sign_beside_the_sender() -> None:
    once = signed(alert("a"), key("rsa"), pem=certificate(key("rsa"))).decode()
    twice = signed(once, key("rsa2"), pem=certificate(key("rsa2")))
    assert judged(twice, certificate(key("rsa2"))) == "signed"
    assert judged(twice, certificate(key("rsa"))) == "signed"
    assert judged(twice) == "unknown_signer"


@pytest.mark.parametrize("junk", [b"", b"<Signature/>", b"<alert><Signature", b"\x00"])
def test_what_is_no_signed_document_is_unsigned(junk: bytes) -> None:
    assert judged(junk) == "unsigned"


def test_signatures_of_real_warnings_are_told() -> None:
    folder = DATA / "google_cap_testdata"
    if not folder.exists():
        pytest.skip("VIGIE_EVALUATION_DATA holds no CAP files")
    pem = (folder / "environment_canada_x509_cert.pem").read_text()
    document = (folder / "canada_signed.cap").read_bytes()
    then = datetime(2013, 1, 1, tzinfo=UTC)
    assert verdict(document, trusted=certificates(pem), now=then) == "signed"
    assert judged(document, pem) == "unknown_signer"  # the certificate ran out in 2015
    assert judged((folder / "earthquake_signed.cap").read_bytes()) == "invalid"
    assert judged((folder / "earthquake.cap").read_bytes()) == "unsigned"


async def visit(config: CapConfig, **pages: bytes) -> list[Batch]:
    given = {f"/{name}.cap": answer(body.decode()) for name, body in pages.items()}
    given["/feed"] = feed(*((name, "1") for name in pages))
    return await run(CapSource(config, ports_of(Pages(given))))  # type: ignore[arg-type]


async def test_a_false_signature_is_set_aside_and_the_others_are_taken() -> None:
    private = key("rsa")
    pem = certificate(private)
    config = CapConfig(url="https://cap.exemple/feed", certificates=pem)
    good = signed(alert("a"), private, pem=pem)
    batches = await visit(
        config, a=good, b=signed(alert("b"), private, pem=pem).replace(b"Severe", b"Minor"),
        c=signed(alert("c"), key("rsa2")), d=alert("d").encode(),
    )  # fmt: skip
    found = {draft.indicator.key.partition(":")[0]: draft.quality for draft in drafts(batches)}
    assert found == {"a": "signed", "c": "unknown_signer", "d": "unsigned"}
    (refused,) = [refusal for batch in batches for refusal in batch.refusals]
    assert refused.code == "cap_signature_invalid"
    with pytest.raises(Undecodable, match="cap_signature_invalid"):
        CapSource.decode(RawItem(payload=refused.payload), config)


async def test_without_certificates_only_what_is_signed_is_told() -> None:
    config = CapConfig(url="https://cap.exemple/feed")
    batches = await visit(config, c=signed(alert("c"), key("rsa2")), d=alert("d").encode())
    assert sorted(draft.quality for draft in drafts(batches)) == ["", "unknown_signer"]


@pytest.mark.parametrize(
    "pem", ["rien", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_refused_on_the_form(pem: str) -> None:
    with pytest.raises(ValueError, match="certificates"):
        CapConfig(url="https://cap.exemple/feed", certificates=pem)
