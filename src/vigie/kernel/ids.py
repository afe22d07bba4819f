"""Identifiers people or machines may hold: URL-safe secrets and slugs."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata


def new_secret(*, prefix: str = "") -> str:
    """A secret with 256 bits of chance, URL-safe, after `prefix`. Show once, keep `digest` only."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret that has 256 bits of chance: its SHA-256 (no salt is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def slugify(text: str, *, limit: int = 60) -> str:
    """Lower-case ASCII words joined by hyphens; never empty ("x" when nothing is left)."""
    apart = text.replace("’", "-").replace("œ", "oe").replace("Œ", "oe")
    plain = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-") or "x"
