"""Secrets of channels and devices at rest: encrypted with a key of the installation's secret key.

Who has the database or a backup of it alone cannot write in anybody's rooms. Who changes
VIGIE_SECRET_KEY enters the channels again: what was sealed with another key is not readable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Unreadable(ValueError):
    """Sealed with another secret key, or damaged."""


def seal(value: Mapping[str, Any]) -> str:
    """JSON in, printable text out."""
    return _box().encrypt(json.dumps(dict(value)).encode()).decode()


def unseal(text: str) -> dict[str, Any]:
    """The inverse. Raises Unreadable."""
    try:
        found = json.loads(_box().decrypt(text.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def signing_key() -> bytes:
    """The private value (P-256, 32 bytes) this installation signs web pushes with.

    Derived from the secret key: every process and machine of an installation has the same, and it
    needs no file. Browsers subscribe anew when the secret key changes.
    """
    number = int.from_bytes(_derived("web push", 48), "big") % (_P256_ORDER - 1) + 1
    return number.to_bytes(32, "big")


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived("channels", 32)))


def _derived(purpose: str, length: int) -> bytes:
    """HKDF-Expand (RFC 5869) of the secret key with SHA-512; `length` up to 64 bytes."""
    key = hashlib.sha512(settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, f"vigie alerting {purpose}".encode() + b"\x01", "sha512")[:length]
