"""The authorities served in an operation, and the ways to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.assistance.models import Partner
from vigie.assistance.sealing import seal, unseal
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

WAYS = ("phone", "network_id", "sender_id", "sender_name")


class PartnerRefused(ValueError):
    """`field` cannot take that. `code`: missing, unknown, taken, between."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def save_partner(
    *, partner: Partner | None = None, name: str, kind: str = "other", answer_s: int = 600,
    ways: Mapping[str, Any] | None = None, people: Iterable[User] = (), by: Desk, now: datetime,
) -> Partner:  # fmt: skip
    """Write a partner down, or change one. `ways` of `WAYS`: what is left out stays as it was, ""
    takes it away. Raises PartnerRefused."""
    by.require(Right.EDIT_PARTNERS)
    line = clean_line(name, limit=80)
    if not line:
        raise PartnerRefused("name", "missing")
    if not 60 <= answer_s <= 86_400:
        raise PartnerRefused("answer_s", "between")
    given = dict(ways or {})
    if unknown := set(given) - set(WAYS):
        raise PartnerRefused(sorted(unknown)[0], "unknown")
    try:
        with transaction.atomic():
            row = partner or Partner(operation=by.operation, created_at=now)
            if row.operation_id != by.operation.pk:
                raise PartnerRefused("partner", "unknown")
            row.name, row.kind, row.answer_s = line, clean_line(kind, limit=16), answer_s
            row.sealed = seal({**unseal(row.sealed), **given})
            row.save()
            row.people.set(people)
            by.record(
                "partner.saved", now=now, subject=("partner", row.pk),
                data={"name": row.name, "ways": sorted(key for key, each in given.items() if each)},
                touches=["partners"],
            )  # fmt: skip
    except IntegrityError as error:
        raise PartnerRefused("name", "taken") from error
    return row
