"""Canonical JSON and SHA-256: what the journal's chain and every archive rest on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64
"""`prev_hash` of the first entry of a chain."""


def sha256_hex(data: bytes) -> str:
    """SHA-256 of the bytes, 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """One byte string per value: keys sorted, no spaces, UTF-8 (after RFC 8785, numbers aside)."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def chain_hash(previous: str, content: Mapping[str, Any]) -> str:
    """Hash of a chain's next link: SHA-256 over the previous hash and the canonical content."""
    return sha256_hex(previous.encode() + b"\n" + canonical_json(content))
