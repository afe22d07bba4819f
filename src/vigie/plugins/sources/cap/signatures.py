"""Enveloped signatures of CAP alerts (XML-DSig), against certificates that a person trusts. Pure.

CAP 1.2 (3.3.2.1) lets an alert carry `ds:Signature` elements over the whole of it. What a certificate
says of itself is not believed: a signature counts when the key of a certificate that was configured
made it. signxml does the canonical form and the arithmetic; it is given one candidate key at a time in
the place of what the alert names, since certificates of alerts are mostly out of date or issued by
authorities that no list holds.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

Verdict = Literal["signed", "unknown_signer", "unsigned", "invalid"]

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
DS11: Final = "http://www.w3.org/2009/xmldsig11#"
SIGNATURES_MOST: Final = 5
_CURVES: Final = {
    "secp256r1": "1.2.840.10045.3.1.7", "secp384r1": "1.3.132.0.34", "secp521r1": "1.3.132.0.35",
}  # fmt: skip
_CONFIG: Final = SignatureConfiguration(
    require_x509=False,
    location="./",
    expect_references=1,
    # Public warning systems still sign with RSA and SHA-1: forging one takes more than a collision.
    signature_methods=frozenset(m for m in SignatureMethod if not m.name.startswith("HMAC")),
    digest_algorithms=frozenset(DigestAlgorithm),
)
_Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a text in PEM, one after the other. Raises ValueError."""
    if not pem.strip():
        return ()
    found = tuple(x509.load_pem_x509_certificates(pem.encode()))
    for certificate in found:
        if not isinstance(certificate.public_key(), _Key):
            raise ValueError("only RSA and elliptic curves are read")
    return found


def verdict(
    document: bytes, *, trusted: Sequence[x509.Certificate], now: datetime
) -> Verdict:  # fmt: skip
    """What is to be thought of the signatures of a document whose root is an alert.

    "signed": one holds that the key of a trusted certificate made, which is in force. Else
    "unknown_signer": one holds by a key that it brings along, or brings none that could be tried.
    "invalid": none holds, though there is a key to try: it is of something else than this alert.
    Each relay may have added a signature, over those before it or beside them: both are tried.
    """
    root = _root(document)
    signatures = [] if root is None else root.findall(f"{{{DS}}}Signature")
    if root is None or not signatures:
        return "unsigned"
    if len(signatures) > SIGNATURES_MOST:
        return "invalid"
    in_force = [
        key
        for certificate in trusted
        if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        and isinstance(key := certificate.public_key(), _Key)
    ]
    places = range(len(signatures))
    if any(_holds(root, place, key) for place in places for key in in_force):
        return "signed"
    brought = [(place, key) for place in places for key in _named(signatures[place])]
    if any(_holds(root, place, key) for place, key in brought):
        return "unknown_signer"
    # Without any key there is nothing to hold it against.
    return "invalid" if brought or not all(map(_covers_all, signatures)) else "unknown_signer"


def _root(document: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _covers_all(signature: etree._Element) -> bool:
    """Whether it speaks of the whole document and of nothing else."""
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    return len(references) == 1 and references[0].get("URI") == ""


def _named(signature: etree._Element) -> list[_Key]:
    """The keys that the signature itself brings along."""
    found: list[_Key] = []
    for element in signature.iter(f"{{{DS}}}X509Certificate"):
        try:
            der = base64.b64decode("".join((element.text or "").split()))
            key = x509.load_der_x509_certificate(der).public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, _Key):
            found.append(key)
    for value in signature.iter(f"{{{DS}}}RSAKeyValue"):
        try:
            exponent, modulus = (
                int.from_bytes(base64.b64decode(value.findtext(f"{{{DS}}}{name}") or ""), "big")
                for name in ("Exponent", "Modulus")
            )
            found.append(rsa.RSAPublicNumbers(exponent, modulus).public_key())
        except ValueError:
            continue
    return found


def _holds(root: etree._Element, place: int, key: _Key) -> bool:
    """Whether this key made the signature at that place, with or without the others in the
    document."""
    return any(_holds_so(root, place, key, alone=alone) for alone in (False, True))


def _holds_so(root: etree._Element, place: int, key: _Key, *, alone: bool) -> bool:
    copy = etree.fromstring(etree.tostring(root))
    signatures = copy.findall(f"{{{DS}}}Signature")
    ours = signatures[place]
    if not _covers_all(ours):
        return False
    for other in signatures if alone else ():
        if other is not ours:
            _take_out(other)
    for told in ours.findall(f"{{{DS}}}KeyInfo"):
        ours.remove(told)
    ours.attrib.pop("Id", None)
    _take_out(ours)
    copy.insert(0, ours)  # where it is found first; it is left out of what is compared
    ours.append(_key_info(key))
    try:
        result = XMLVerifier().verify(copy, expect_config=_CONFIG, validate_schema=False)
    except (
        InvalidSignature,
        SignXMLException,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        etree.LxmlError,
    ):
        return False
    signed = None if isinstance(result, list) else result.signed_xml
    return signed is not None and signed.tag == root.tag


def _take_out(signature: etree._Element) -> None:
    """Remove it, leaving the blanks behind it where they are."""
    parent = signature.getparent()
    if parent is None:
        return
    before, tail = signature.getprevious(), signature.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    signature.tail = None
    parent.remove(signature)


def _key_info(key: _Key) -> etree._Element:
    info = etree.Element(f"{{{DS}}}KeyInfo")
    value = etree.SubElement(info, f"{{{DS}}}KeyValue")
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        told = etree.SubElement(value, f"{{{DS}}}RSAKeyValue")
        for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
            raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
            etree.SubElement(told, f"{{{DS}}}{name}").text = base64.b64encode(raw).decode()
        return info
    told = etree.SubElement(value, f"{{{DS11}}}ECKeyValue")
    curve = etree.SubElement(told, f"{{{DS11}}}NamedCurve")
    curve.set("URI", f"urn:oid:{_CURVES.get(key.curve.name, '')}")
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    etree.SubElement(told, f"{{{DS11}}}PublicKey").text = base64.b64encode(point).decode()
    return info
