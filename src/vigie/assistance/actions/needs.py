"""Work on needs at the desk: taking, sorting, noting, calling, closing, opening again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.assistance import decide_needs
from vigie.assistance.actions._needs import locked, note, record, stand, standing
from vigie.assistance.actions.receiving import coarse
from vigie.assistance.asked import address_of_key, asked_from, cleaned, told
from vigie.assistance.decide_triage import triage
from vigie.assistance.models import Call, Contact, Need
from vigie.assistance.sealing import fingerprint, seal, unseal
from vigie.assistance.vocabulary import CALL_OUTCOMES, UNANSWERED
from vigie.kernel.text import clean
from vigie.operations.access import Desk

NOTE_LIMIT: Final = 4_000
EDITABLE: Final = frozenset({
    "kind", "words", "address", "access", "place_name", "place_code", "lon", "lat", "precision_m",
    "persons", "vulnerabilities", "danger", "trapped", "rising", "water_cm", "language",
})  # fmt: skip


class ContactNotHere(Exception):
    """No such contact of this need. Shown as 404."""


def take_need(*, need: Need, by: Desk, now: datetime) -> Need:
    """Have it in hand for the operation's hold; again prolongs. Raises StepRefused (held)."""
    by.require(Right.WORK_NEEDS)
    assert by.user is not None
    with transaction.atomic():
        need = locked(need, by)
        hold = timedelta(minutes=by.operation.hold_minutes)
        stand(need, decide_needs.take(standing(need), person=by.user.pk, now=now, hold=hold),
              now=now, told="")  # fmt: skip
        record(need, "need.taken", by=by, now=now)
    return need


def release_need(*, need: Need, by: Desk, now: datetime) -> Need:
    """Give it back to the queue."""
    by.require(Right.WORK_NEEDS)
    with transaction.atomic():
        need = locked(need, by)
        stand(need, decide_needs.release(standing(need), now=now), now=now)
        record(need, "need.released", by=by, now=now)
    return need


def sort_need(*, need: Need, level: int, words: str = "", by: Desk, now: datetime) -> Need:
    """A person says how urgent it is; their level stays whatever the machine would say."""
    by.require(Right.WORK_NEEDS)
    with transaction.atomic():
        need = locked(need, by)
        before = need.level
        stand(need, decide_needs.sort_anew(standing(need), level=level, now=now), now=now,
              level_by_person=True)  # fmt: skip
        note(
            need,
            "sorted",
            {"before": before, "level": level, "words": _said(words)},
            by=by,
            now=now,
        )
        record(need, "need.sorted", by=by, now=now, before=before)
    return need


def edit_need(*, need: Need, changes: Mapping[str, Any], by: Desk, now: datetime) -> Need:
    """Write what was learnt about it (fields of `Asked` in EDITABLE); sorted anew unless a person
    said its level. Raises StepRefused (unknown)."""
    by.require(Right.WORK_NEEDS)
    if unknown := set(changes) - EDITABLE:
        raise decide_needs.StepRefused(f"unknown field {sorted(unknown)[0]}")
    with transaction.atomic():
        need = locked(need, by)
        before = asked_from(
            unseal(need.sealed), kind=need.kind, persons=need.persons, water_cm=need.water_cm,
            place_name=need.place_name, place_code=need.place_code, language=need.language,
            precision_m=need.precision_m,
        )  # fmt: skip
        after = cleaned(replace(before, **changes))
        how = standing(need)
        found = triage(after.facts())
        if not need.level_by_person and found.level != need.level:
            how = decide_needs.sort_anew(how, level=found.level, now=now)
        stand(
            need, how, now=now, kind=after.kind, persons=after.persons, water_cm=after.water_cm,
            place_name=after.place_name, place_code=after.place_code, language=after.language,
            precision_m=after.precision_m, lon=coarse(after.lon), lat=coarse(after.lat),
            place_key=fingerprint("address", address_of_key(after.address, after.place_code)),
            reasons=list(found.reasons), sealed=seal(told(after)),
        )  # fmt: skip
        note(need, "note", {"changed": sorted(changes)}, by=by, now=now)
        record(need, "need.edited", by=by, now=now, fields=sorted(changes))
    return need


def note_need(*, need: Need, words: str, by: Desk, now: datetime) -> Need:
    """Say something about it, for the team. Raises StepRefused (reason)."""
    by.require(Right.WORK_NEEDS)
    said = _said(words)
    if not said:
        raise decide_needs.StepRefused("reason")
    with transaction.atomic():
        need = locked(need, by)
        note(need, "note", {"words": said}, by=by, now=now)
        record(need, "need.noted", by=by, now=now)
    return need


def answer_need(*, need: Need, words: str, by: Desk, now: datetime) -> Need:
    """Say something to everybody who asked for it: they read it by their private link."""
    by.require(Right.WORK_NEEDS)
    said = _said(words)
    if not said:
        raise decide_needs.StepRefused("reason")
    with transaction.atomic():
        need = locked(need, by)
        note(need, "answer", {"words": said}, by=by, now=now)
        stand(need, standing(need), now=now, told="")
        record(need, "need.answered", by=by, now=now)
    return need


def reveal_contact(
    *, contact: Contact, by: Desk, now: datetime, purpose: str = ""
) -> dict[str, Any]:
    """Name, telephone and e-mail of who asked. Every reveal is a line of the journal."""
    by.require(Right.REVEAL_CONTACTS)
    with transaction.atomic():
        row = Contact.objects.select_related("need").filter(
            pk=contact.pk, need__operation=by.operation
        ).first()  # fmt: skip
        if row is None:
            raise ContactNotHere(contact.pk)
        record(row.need, "need.contact_revealed", by=by, now=now, contact=row.pk, purpose=purpose)
    return unseal(row.sealed)


def call_need(
    *, need: Need, contact: Contact | None, outcome: str, words: str = "",
    again_at: datetime | None = None, by: Desk, now: datetime,
) -> Call:  # fmt: skip
    """Write down a call: what came of it, and when the next one was promised. Raises StepRefused."""
    by.require(Right.CALL_BACK)
    assert by.user is not None
    if outcome not in CALL_OUTCOMES:
        raise decide_needs.StepRefused("unknown")
    with transaction.atomic():
        need = locked(need, by)
        call = Call.objects.create(
            need=need, contact=contact, by=by.user, at=now, outcome=outcome, again_at=again_at,
            sealed=seal({"words": _said(words)}),
        )  # fmt: skip
        stand(need, decide_needs.called(standing(need), again=again_at, now=now), now=now)
        record(need, "need.called", by=by, now=now, outcome=outcome)
    return call


def close_need(*, need: Need, closing: str, words: str = "", by: Desk, now: datetime) -> Need:
    """Out of the queue, by this person's decision and for this reason. Raises StepRefused."""
    by.require(Right.WORK_NEEDS)
    if by.user is None:
        raise decide_needs.StepRefused("person")
    if closing == "duplicate":
        raise decide_needs.StepRefused("unknown")
    with transaction.atomic():
        need = locked(need, by)
        after = decide_needs.close(
            standing(need), closing=closing, words=words,
            unanswered_calls=need.calls.filter(outcome__in=UNANSWERED).count(),
            told_partner=need.handoffs.exists(),
        )  # fmt: skip
        stand(need, after, now=now, closing=closing, closed_at=now, closed_by=by.user, told="")
        note(need, "closed", {"closing": closing, "words": _said(words)}, by=by, now=now)
        record(need, "need.closed", by=by, now=now, closing=closing)
    return need


def reopen_need(*, need: Need, words: str = "", by: Desk, now: datetime) -> Need:
    """Back into the queue. Raises StepRefused (open)."""
    by.require(Right.WORK_NEEDS)
    with transaction.atomic():
        need = locked(need, by)
        stand(need, decide_needs.reopen(standing(need), now=now), now=now)
        note(need, "reopened", {"words": _said(words)}, by=by, now=now)
        record(need, "need.reopened", by=by, now=now)
    return need


def _said(words: str) -> str:
    return clean(words, limit=NOTE_LIMIT).strip()
