"""What a push service asks for: the message encrypted for one browser, and who sends it, signed.

RFC 8291 (Message Encryption for Web Push) over RFC 8188 (aes128gcm), RFC 8292 (VAPID). Pure; the
only randomness is given.
"""

from __future__ import annotations

import base64
import json
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES: Final = 4096
MOST_BYTES: Final = 3_993
"""Of plain text: what every push service takes (RFC 8030 §7.2), less header, padding and tag."""


class BadKeys(ValueError):
    """The browser's keys are none."""


def b64(data: bytes) -> str:
    """URL-safe, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The inverse. Raises BadKeys."""
    try:
        return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise BadKeys(str(error)) from error


def private_key(value: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of a private value (32 bytes, big-endian)."""
    return ec.derive_private_key(int.from_bytes(value, "big"), ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed (65 bytes): what browsers are given to subscribe with."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypted(
    plain: bytes, *, p256dh: str, auth: str, salt: bytes, sender: ec.EllipticCurvePrivateKey
) -> bytes:
    """The body of the request. `salt` is 16 random bytes, `sender` a key made for this message.

    Raises BadKeys for browser keys that are none, ValueError for a text that is too long.
    """
    if len(plain) > MOST_BYTES:
        raise ValueError(f"{len(plain)} bytes are too many for a push message")
    point, secret = unb64(p256dh), unb64(auth)
    try:
        receiver = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise BadKeys("p256dh") from error
    if len(secret) != 16:
        raise BadKeys("auth")
    own = public_bytes(sender)
    shared = sender.exchange(ec.ECDH(), receiver)
    key = _hkdf(shared, salt=secret, info=b"WebPush: info\0" + point + own, length=32)
    content = _hkdf(key, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _hkdf(key, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(content).encrypt(nonce, plain + b"\x02", None)


def _hkdf(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def authorization(
    *, audience: str, contact: str, expires: int, key: ec.EllipticCurvePrivateKey
) -> str:
    """The header that says who sends. `audience` is the push service's origin, `expires` Unix time
    (at most a day ahead), `contact` a mailto: or https: address."""
    head = {"typ": "JWT", "alg": "ES256"}
    claims = {"aud": audience, "exp": expires, "sub": contact}
    signed = ".".join(
        b64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims)
    )
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    proof = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{proof}, k={b64(public_bytes(key))}"
