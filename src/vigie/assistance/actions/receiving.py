"""A need comes in, by whatever way; and what the people who asked say afterwards."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from vigie.accounts.roles import Right
from vigie.accounts.sealing import derived
from vigie.assistance import decide_needs, reading
from vigie.assistance.actions._needs import (
    hold_operation,
    note,
    record,
    root_of,
    stand,
    standing,
)
from vigie.assistance.asked import Asked, address_of_key, cleaned, phone_of_key, told
from vigie.assistance.decide_triage import triage
from vigie.assistance.models import Contact, Need
from vigie.assistance.sealing import fingerprint, seal, unseal
from vigie.kernel import ids
from vigie.operations.access import Desk
from vigie.triage.models import Lead

COARSE = 3
"""Decimals of a degree that open columns keep of a position: some 100 m."""


class NothingAsked(ValueError):
    """Neither words nor a kind nor a way to reach anybody: there is nothing to keep."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """The need, who asked, the secret of their private link, and whether it was known already."""

    need: Need
    contact: Contact
    secret: str
    again: bool = False


def receive(*, asked: Asked, by: Desk, now: datetime, lead: Lead | None = None) -> Received:
    """Write down a need with who asks. The same request sent again (a line lost in the middle) is
    known by its key and gives the same link. Raises NothingAsked."""
    by.require(Right.TAKE_NEEDS_IN)
    asked = cleaned(asked)
    if not (asked.words or asked.phone or asked.email or asked.address or lead):
        raise NothingAsked
    key = asked.request_key or ids.new_secret()
    secret = _secret(by.operation.pk, key)
    with transaction.atomic():
        hold_operation(by)
        known = Contact.objects.filter(request_key=_digest(by, key)).select_related("need").first()
        if known is not None:
            return Received(need=root_of(known.need), contact=known, secret=secret, again=True)
        found = triage(asked.facts(reading.danger_words(asked.words)))
        start = decide_needs.arrived(level=found.level, now=now)
        last = Need.objects.filter(operation=by.operation).aggregate(n=Max("number"))["n"]
        need = Need.objects.create(
            operation=by.operation, number=(last or 0) + 1, kind=asked.kind, level=found.level,
            reasons=list(found.reasons), state=start.state, due_at=start.due,
            persons=asked.persons, water_cm=asked.water_cm, language=asked.language,
            place_name=asked.place_name, place_code=asked.place_code, lon=coarse(asked.lon),
            lat=coarse(asked.lat), precision_m=asked.precision_m, arrived_at=now, updated_at=now,
            place_key=fingerprint("address", address_of_key(asked.address, asked.place_code)),
            sealed=seal(told(asked)),
        )  # fmt: skip
        contact = add_contact(need, asked, by=by, now=now, lead=lead, key=key)
        note(need, "asked", {"words": asked.words, "address": asked.address}, by=by, now=now,
             contact=contact)  # fmt: skip
        record(need, "need.arrived", by=by, now=now, origin=asked.origin, kind=need.kind,
               commune=need.place_code, lead=lead.pk if lead else None)  # fmt: skip
    return Received(need=need, contact=contact, secret=secret)


def add_contact(
    need: Need, asked: Asked, *, by: Desk, now: datetime, lead: Lead | None, key: str
) -> Contact:
    """Somebody who asked for a need, with the digest of their private link."""
    return Contact.objects.create(
        need=need, origin=asked.origin, relation=asked.relation or "unknown", lead=lead,
        language=asked.language,
        sealed=seal({"name": asked.name, "phone": asked.phone, "email": asked.email}),
        phone_key=fingerprint("phone", phone_of_key(asked.phone)),
        email_key=fingerprint("email", asked.email.casefold()),
        consent=asked.consent, consent_at=None if asked.consent is None else now,
        follow_digest=ids.digest(_secret(by.operation.pk, key)), request_key=_digest(by, key),
        asked_at=now,
    )  # fmt: skip


def hear(*, contact: Contact, what: str, said: Mapping[str, Any], by: Desk, now: datetime) -> Need:
    """What somebody who asked says by their private link: `changed` (with `words`), `safe`,
    `withdrawn`. It comes at once before somebody of the desk; it closes nothing by itself. Said
    twice, it is kept once."""
    if what not in ("changed", "safe", "withdrawn"):
        raise decide_needs.StepRefused("unknown")
    with transaction.atomic():
        hold_operation(by)
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        need = Need.objects.select_for_update().get(pk=root_of(contact.need).pk)
        column = {"safe": "safe_at", "withdrawn": "withdrawn_at"}.get(what)
        if column and getattr(contact, column):
            return need
        if column:
            setattr(contact, column, now)
            contact.save(update_fields=[column])
        note(need, what, said, by=by, now=now, contact=contact)
        words = str(said.get("words", ""))
        level, reasons = need.level, need.reasons
        if what == "changed" and reading.danger_words(words):
            level, reasons = 1, ["danger_words", *(r for r in reasons if r != "danger_words")]
        after = decide_needs.heard(standing(need), now=now)
        if level < after.level and after.state != "closed":
            after = decide_needs.sort_anew(after, level=level, now=now)
        stand(need, after, now=now, told=what, reasons=reasons)
        record(need, f"need.told.{what}", by=by, now=now)
    return need


def facts_of(need: Need) -> dict[str, Any]:
    """What is sealed with a need."""
    return unseal(need.sealed)


def coarse(degrees: float | None) -> float | None:
    """A coordinate as open columns keep it."""
    return None if degrees is None else round(degrees, COARSE)


def _secret(operation: int, key: str) -> str:
    """The secret of a private link, made of the request's key: who sends the same form again gets
    the same link, and it stands nowhere."""
    made = hmac.digest(derived("assistance links", 32), f"{operation}\n{key}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _digest(by: Desk, key: str) -> str:
    return ids.digest(f"{by.operation.pk}\n{key}")
