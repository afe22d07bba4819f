"""Secrets that sources name: given in a form and kept sealed, or from the environment.

Sealed with a key of the installation's secret key: who has the database alone reads none. Nothing
here gives a value to a screen; whoever changes VIGIE_SECRET_KEY gives them anew.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.fernet import InvalidToken
from django.conf import settings

from vigie.accounts.models import User
from vigie.accounts.sealing import box
from vigie.collection.models import Source, StoredSecret
from vigie.contracts.plugins import SourcePlugin

LONGEST: Final = 4_000
_PREFIX: Final = "kept_"
_PURPOSE: Final = "source secrets"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What may be said of a secret: where it is ("kept", "environment", "missing"), since when."""

    place: str
    set_at: datetime | None = None
    set_by: User | None = None


def of_config(config: Mapping[str, Any]) -> dict[str, str]:
    """Values of the kept secrets that a source's configuration names. No query when it names none."""
    names = [v for v in config.values() if isinstance(v, str) and v.startswith(_PREFIX)]
    return values(names) if names else {}


def secret_fields(plugin: type[SourcePlugin]) -> list[str]:
    """Fields of a plugin's configuration that hold the name of a secret."""
    described = msgspec.inspect.type_info(plugin.manifest.config)
    assert isinstance(described, msgspec.inspect.StructType)
    return [
        field.name
        for field in described.fields
        if isinstance(field.type, msgspec.inspect.Metadata)
        and (field.type.extra or {}).get("input") in ("secret", "secrets")
    ]


def keep(value: str, *, by: User | None, now: datetime) -> str:
    """Seal a value; the name under which a source's configuration asks for it."""
    name = _PREFIX + random.token_hex(8)
    StoredSecret.objects.create(
        name=name, sealed=box(_PURPOSE).encrypt(value.encode()).decode(), set_at=now, set_by=by
    )
    return name


def forget_unused(names: Iterable[str]) -> None:
    """Delete kept ones among these that no source names any more."""
    wanted = {name for name in names if name.startswith(_PREFIX)}
    if not wanted:
        return
    for config in Source.objects.values_list("config", flat=True):
        wanted -= {value for value in config.values() if isinstance(value, str)}
    StoredSecret.objects.filter(name__in=wanted).delete()


def values(names: Iterable[str]) -> dict[str, str]:
    """Kept values by name; what is not kept, or was sealed with another key, is left out."""
    found = {}
    rows = StoredSecret.objects.filter(name__in=list(names)).values_list("name", "sealed")
    for name, sealed in rows:
        try:
            found[name] = box(_PURPOSE).decrypt(sealed.encode()).decode()
        except InvalidToken:
            continue
    return found


def known(name: str) -> Known:
    """What may be said of the secret of that name."""
    if not name:
        return Known(place="missing")
    row = StoredSecret.objects.filter(name=name).select_related("set_by").first()
    if row is not None and values([name]):
        return Known(place="kept", set_at=row.set_at, set_by=row.set_by)
    return Known(place="environment" if name.lower() in settings.VIGIE_SECRETS else "missing")
