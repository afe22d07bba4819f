"""What people in need tell of themselves, at rest (see `accounts.sealing`): who has the database or a
backup of it alone reads no name, no number, no address, no words of theirs.

`fingerprint` lets two callers with the same number be found without keeping the number readable: a
keyed digest, useless without the installation's secret key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from vigie.accounts.sealing import box, derived

_PURPOSE: Final = "assistance people"


class Unreadable(ValueError):
    """Sealed with another secret key, or damaged."""


def seal(value: Mapping[str, Any]) -> bytes:
    """JSON in, bytes for a column out; what is None or empty is left out, nothing gives b""."""
    kept = {key: each for key, each in value.items() if each not in (None, "", [], {})}
    if not kept:
        return b""
    return _box(settings.SECRET_KEY).encrypt(json.dumps(kept, ensure_ascii=False).encode())


def unseal(sealed: bytes | memoryview) -> dict[str, Any]:
    """The inverse. Raises Unreadable."""
    if not sealed:
        return {}
    try:
        found = json.loads(_box(settings.SECRET_KEY).decrypt(bytes(sealed)))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def fingerprint(kind: str, text: str) -> str:
    """What is stored to find the same number or address again: 32 hexadecimal digits; "" of ""."""
    if not text:
        return ""
    key = _key(settings.SECRET_KEY)
    return hmac.new(key, f"{kind}\n{text}".encode(), "sha256").hexdigest()[:32]


@lru_cache(maxsize=2)
def _box(secret: str) -> Fernet:
    del secret  # the box is made of settings; this one tells when they are others (tests)
    return box(_PURPOSE)


@lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    del secret
    return derived(f"{_PURPOSE} fingerprints", 32)
