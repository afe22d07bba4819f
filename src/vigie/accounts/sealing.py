"""Keys derived from the installation's secret key, one for each purpose, to seal secrets at rest.

Who has the database or a backup of it alone reads none of what is sealed. Who changes
VIGIE_SECRET_KEY enters those secrets again: what was sealed with another key is not readable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet
from django.conf import settings


def box(purpose: str) -> Fernet:
    """Seals and unseals what is kept for this purpose."""
    return Fernet(base64.urlsafe_b64encode(derived(purpose, 32)))


def derived(purpose: str, length: int) -> bytes:
    """HKDF-Expand (RFC 5869) of the secret key with SHA-512; `length` up to 64 bytes."""
    key = hashlib.sha512(settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, f"vigie {purpose}".encode() + b"\x01", "sha512")[:length]
