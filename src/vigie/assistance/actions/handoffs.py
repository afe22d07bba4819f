"""Handing a need or an incident to a partner, and what the partner answers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from django.db import transaction
from django.db.models import Max

from vigie.accounts.roles import Right
from vigie.assistance import decide_handoffs, decide_needs, message
from vigie.assistance.actions._needs import hold_operation, locked, record, stand, standing
from vigie.assistance.decide_handoffs import ENDED, OPEN_STATES, HandOffRefused
from vigie.assistance.models import HandOff, HandOffAnswer, Need, Partner
from vigie.assistance.sealing import seal, unseal
from vigie.contracts.handoffs import CANCEL, FIRST, UPDATE, HandOffMessage
from vigie.kernel import ids
from vigie.kernel.text import clean, clean_line
from vigie.operations.access import Desk
from vigie.triage.actions.incident_edits import StateRefused, set_state
from vigie.triage.models import Incident

ASKED_LIMIT: Final = 1_000


class HandOffNotHere(Exception):
    """No such hand-off in this operation, or none of this partner's. Shown as 404."""


@dataclass(frozen=True, kw_only=True)
class Flash:
    """They were called first: who answered, when."""

    called: str
    called_at: datetime


def hand_over(
    *,
    subject: Need | Incident,
    partner: Partner,
    asked: str = "",
    flash: Flash | None = None,
    although_known: str = "",
    by: Desk,
    now: datetime,
) -> HandOff:
    """Hand a need or an incident to a partner. The need stays due: somebody looks again when the
    answer is. Raises HandOffRefused: same_subject (they have it and have not ended it: send an
    update), known_to_partner (they said they knew; `although_known` gives a reason to send again).
    """
    by.require(Right.HAND_OFF)
    with transaction.atomic():
        hold_operation(by)
        partner = _partner(partner, by)
        if isinstance(subject, Need):
            subject = locked(subject, by)
        elif subject.operation_id != by.operation.pk:
            raise HandOffNotHere(subject.pk)
        before = HandOff.objects.filter(partner=partner, kind=FIRST, **_of(subject))
        if before.filter(state__in=OPEN_STATES).exists():
            raise HandOffRefused("same_subject")
        if before.filter(state="known").exists() and not although_known.strip():
            raise HandOffRefused("known_to_partner")
        made = _message(subject, partner, asked=asked, by=by, now=now)
        row = _write(made, partner, subject, first=None, flash=flash, by=by, now=now)
        if isinstance(subject, Need):
            stand(
                subject,
                decide_needs.handed_over(standing(subject), answer_by=row.answer_by),
                now=now,
            )
            record(subject, "need.handed_over", by=by, now=now, handoff=row.number,
                   partner=partner.name)  # fmt: skip
        else:
            with suppress(StateRefused):
                set_state(incident=subject, state="handed_over", by=by, now=now)
        return row


def update(
    *, handoff: HandOff, asked: str = "", text: str = "", by: Desk, now: datetime
) -> HandOff:
    """Tell the partner what has changed since, linked to the first message."""
    return _later(handoff, UPDATE, asked=asked, text=text, by=by, now=now)


def cancel(*, handoff: HandOff, text: str = "", by: Desk, now: datetime) -> HandOff:
    """Take it back: the partner is told, what was open ends, the need comes back to the desk.
    Raises HandOffRefused (ended)."""
    with transaction.atomic():
        later = _later(handoff, CANCEL, asked="", text=text, by=by, now=now)
        root = later.first
        assert root is not None
        decide_handoffs.cancel(root.state)
        family = HandOff.objects.filter(pk=root.pk) | HandOff.objects.filter(first=root)
        family.filter(state__in=OPEN_STATES).exclude(pk=later.pk).update(
            state="cancelled", due_at=None, updated_at=now
        )
        if root.need is not None and root.need.state != "closed":
            need = Need.objects.select_for_update().get(pk=root.need.pk)
            stand(need, decide_needs.came_back(standing(need), now=now), now=now)
    return later


def answer(
    *,
    handoff: HandOff,
    said: str,
    words: str = "",
    via: str = "screen",
    name: str = "",
    by: Desk,
    now: datetime,
) -> HandOffAnswer:
    """What the partner says (`decide_handoffs.ANSWERS`); also late and twice. By their screen, or
    written down by the desk (`via` phone). By link and webhook see `answer_by_secret`."""
    if via == "phone":
        by.require(Right.HAND_OFF)
    else:
        by.require(Right.ANSWER_HAND_OFFS)
        people = handoff.partner.people
        if people.exists() and not people.filter(pk=by.user.pk if by.user else 0).exists():
            raise HandOffNotHere(handoff.pk)
    if handoff.operation_id != by.operation.pk:
        raise HandOffNotHere(handoff.pk)
    return _answered(handoff, said, words=words, via=via, name=name, by=by, now=now)


def answer_by_secret(
    *, secret: str, said: str, words: str = "", via: str = "link", name: str = "", by: Desk,
    now: datetime,
) -> HandOffAnswer:  # fmt: skip
    """The same by the link of a message or by their system, for who holds its secret; `by` is the
    machine's desk. Raises HandOffNotHere."""
    row = HandOff.objects.filter(
        answer_digest=ids.digest(secret), operation=by.operation
    ).first()  # fmt: skip
    if row is None:
        raise HandOffNotHere(0)
    return _answered(row, said, words=words, via=via, name=name, by=by, now=now)


def secret_of(handoff: HandOff) -> str:
    """The secret of its link, for the message that carries it."""
    return str(unseal(handoff.sealed).get("secret", ""))


def _answered(
    handoff: HandOff, said: str, *, words: str, via: str, name: str, by: Desk, now: datetime
) -> HandOffAnswer:
    with transaction.atomic():
        hold_operation(by)
        row = HandOff.objects.select_for_update().select_related("partner").get(pk=handoff.pk)
        told = decide_handoffs.answer(row.state, said)
        first_word = said != "received" and not row.answers.exclude(said="received").exists()
        made = HandOffAnswer.objects.create(
            handoff=row, said=said, at=now, via=via, by=by.user, name=clean_line(name, limit=120),
            changed=told.changed, sealed=seal({"words": clean(words, limit=ASKED_LIMIT)}),
        )  # fmt: skip
        if told.changed:
            row.state = told.state
            row.due_at = (
                None if told.state in ENDED else decide_handoffs.look_again(told.state, now=now)
            )
            row.updated_at = now
            row.save(update_fields=["state", "due_at", "updated_at"])
            if row.need_id is not None:
                need = Need.objects.select_for_update().get(pk=row.need_id)
                after = standing(need)
                if told.comes_back:
                    after = decide_needs.came_back(after, now=now)
                elif need.state != "closed" and row.due_at is not None:
                    after = decide_needs.answered(after, look_at=row.due_at)
                if after != standing(need):
                    stand(need, after, now=now)
        if first_word:
            _record(row, "handoff.acknowledged", by=by, now=now, said=said, via=via)
        elif told.changed:
            _record(row, f"handoff.{told.state}", by=by, now=now, via=via)
    return made


def _later(
    handoff: HandOff, kind: str, *, asked: str, text: str, by: Desk, now: datetime
) -> HandOff:
    by.require(Right.HAND_OFF)
    with transaction.atomic():
        hold_operation(by)
        row = HandOff.objects.select_related("first", "partner", "need", "incident").get(
            pk=handoff.pk, operation=by.operation
        )
        root = row.first or row
        if root.state in ENDED:
            raise HandOffRefused("ended")
        subject = root.need or root.incident
        assert subject is not None
        made = _message(subject, root.partner, asked=asked, by=by, now=now)
        made = msgspec.structs.replace(
            made, kind=kind, first_id=root.message_id, first_sent_at=root.sent_at,
            text=clean(text, limit=4_000) or made.text,
        )  # fmt: skip
        return _write(made, root.partner, subject, first=root, flash=None, by=by, now=now)


def _write(
    made: HandOffMessage, partner: Partner, subject: Need | Incident, *, first: HandOff | None,
    flash: Flash | None, by: Desk, now: datetime,
) -> HandOff:  # fmt: skip
    assert by.user is not None
    secret = ids.new_secret()
    number = HandOff.objects.filter(operation=by.operation).aggregate(n=Max("number"))["n"] or 0
    answer_by = now + timedelta(seconds=partner.answer_s)
    row = HandOff.objects.create(
        operation=by.operation, number=number + 1, partner=partner, first=first, kind=made.kind,
        level=made.level, flash=flash is not None,
        called=clean_line(flash.called, limit=120) if flash else "",
        called_at=flash.called_at if flash else None, sent_at=now, sent_by=by.user,
        answer_by=answer_by, due_at=answer_by, answer_digest=ids.digest(secret),
        message_id=made.id, updated_at=now,
        sealed=seal({"message": msgspec.to_builtins(made), "secret": secret}), **_of(subject),
    )  # fmt: skip
    incident = {"incident": subject.number} if isinstance(subject, Incident) else {}
    need = {"need": subject.number} if isinstance(subject, Need) else {}
    _record(row, "handoff.sent", by=by, now=now, kind=row.kind, flash=row.flash, **incident, **need)
    return row


def _message(
    subject: Need | Incident, partner: Partner, *, asked: str, by: Desk, now: datetime
) -> HandOffMessage:
    said = clean(asked, limit=ASKED_LIMIT).strip()
    if isinstance(subject, Need):
        return message.of_need(subject, partner, asked=said, by=by, now=now)
    return message.of_incident(subject, partner, asked=said, by=by, now=now)


def _of(subject: Need | Incident) -> dict[str, Any]:
    return {"need": subject} if isinstance(subject, Need) else {"incident": subject}


def _partner(partner: Partner, by: Desk) -> Partner:
    row = Partner.objects.filter(
        pk=partner.pk, operation=by.operation, archived_at__isnull=True
    ).first()  # fmt: skip
    if row is None:
        raise HandOffNotHere(partner.pk)
    return row


def _record(row: HandOff, verb: str, *, by: Desk, now: datetime, **data: Any) -> None:
    touches = [f"handoff:{row.pk}", "handoffs"]
    touches += [f"need:{row.need_id}", "needs"] if row.need_id else [f"incident:{row.incident_id}"]
    told: Mapping[str, Any] = {"number": row.number, "partner": row.partner.name, **data}
    by.record(verb, now=now, subject=("handoff", row.pk), data=told, touches=touches)
