"""Secrets of channels and devices at rest (see `accounts.sealing`): who has the database alone cannot
write in anybody's rooms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import InvalidToken

from vigie.accounts.sealing import box, derived

_PURPOSE = "alerting channels"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Unreadable(ValueError):
    """Sealed with another secret key, or damaged."""


def seal(value: Mapping[str, Any]) -> str:
    """JSON in, printable text out."""
    return box(_PURPOSE).encrypt(json.dumps(dict(value)).encode()).decode()


def unseal(text: str) -> dict[str, Any]:
    """The inverse. Raises Unreadable."""
    try:
        found = json.loads(box(_PURPOSE).decrypt(text.encode()))
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
    number = int.from_bytes(derived("alerting web push", 48), "big") % (_P256_ORDER - 1) + 1
    return number.to_bytes(32, "big")
