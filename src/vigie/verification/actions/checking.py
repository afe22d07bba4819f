"""Answering the questions of the checklist."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean
from vigie.operations.access import Desk
from vigie.verification.actions._claims import FieldRefused, locked, touches
from vigie.verification.checklist import ANSWERS, CODES
from vigie.verification.models import Check, Claim

NOTE_LIMIT = 2_000


def answer(
    *, claim: Claim, question: str, answer: str, by: Desk, now: datetime, note: str | None = None
) -> Check:
    """Answer a question of the checklist; the last answer counts, the earlier ones stay.

    `note` None keeps the note of the answer before. Raises FieldRefused, ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    if question not in CODES:
        raise FieldRefused("question", "unknown")
    if answer not in ANSWERS:
        raise FieldRefused("answer", "unknown")
    said = None if note is None else clean(note).strip()
    if said and len(said) > NOTE_LIMIT:
        raise FieldRefused("note", "too_long")
    with transaction.atomic():
        row = locked(claim, by)
        last = row.checks.filter(question=question).order_by("-pk").first()
        said = (last.note if last else "") if said is None else said
        if last is not None and (last.answer, last.note) == (answer, said):
            return last
        made = Check.objects.create(
            claim=row, question=question, answer=answer, note=said, at=now, by=by.user
        )
        by.record(
            "claim.check_answered",
            now=now,
            subject=("claim", row.pk),
            data={"number": row.number, "question": question, "answer": answer},
            touches=touches(row),
        )
    return made
