"""Freezing what a post says, by a decision with its reason in writing; and lifting it again.

The copy stays for the operation that decided, even when the source takes the post back or its time
is over. Everybody of the team sees that it is frozen, by whom and why.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.collection.freezing import copies
from vigie.collection.freezing.copies import AlreadyFrozen, NothingToFreeze
from vigie.collection.freezing.models import Freeze
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk
from vigie.triage import pictures
from vigie.triage.actions.leads import UnknownLead, touches
from vigie.triage.models import Lead

__all__ = [
    "AlreadyFrozen", "NotFrozen", "NothingToFreeze", "ReasonMissing", "UnknownLead", "freeze", "lift",
]  # fmt: skip

REASON_LIMIT = 1_000
REASON_LEAST = 10
"""Characters of a reason at least: a word is none."""


class ReasonMissing(ValueError):
    """A decision needs its reason in writing."""


class NotFrozen(Exception):
    """This operation has not frozen the post, or lifted it already."""


def freeze(*, lead: int, reason: str, by: Desk, now: datetime) -> Freeze:
    """Keep what the post says now. Its pictures are fetched in the background.

    Raises UnknownLead, ReasonMissing, AlreadyFrozen, NothingToFreeze (taken back already).
    """
    by.require(Right.FREEZE_EVIDENCE)
    why = _checked(reason)
    assert by.user is not None
    with transaction.atomic():
        row = _lead(lead, by)
        pictures.want([row.pk], operation=by.operation.pk)
        made = copies.freeze_post(
            post=row.post_id, operation=by.operation, reason=why, by=by.user, now=now
        )  # fmt: skip
        Lead.objects.filter(pk=row.pk).update(version=F("version") + 1)
        by.record(
            "lead.frozen", now=now, subject=("lead", row.pk), text=why,
            data={"leads": [row.pk], "freeze": made.pk, "sha256": made.sha256},
            touches=touches([row.pk]),
        )  # fmt: skip
    return made


def lift(*, lead: int, reason: str, by: Desk, now: datetime) -> Freeze:
    """Let the copy go. Raises UnknownLead, ReasonMissing, NotFrozen."""
    by.require(Right.FREEZE_EVIDENCE)
    why = _checked(reason)
    with transaction.atomic():
        row = _lead(lead, by)
        found = copies.standing(by.operation).select_for_update().filter(post=row.post_id).first()
        if found is None:
            raise NotFrozen(lead)
        files = lift_freeze(found, lead=row.pk, why=why, by=by, now=now)
    BlobStore().remove(files)
    return found


def lift_freeze(
    freeze: Freeze, *, lead: int | None, why: str, by: Desk, now: datetime
) -> list[str]:
    """The lifting itself, in the caller's transaction; files to remove afterwards."""
    files = copies.unfreeze(freeze, why=why, by=by.user, now=now)
    leads = [lead] if lead is not None else []
    Lead.objects.filter(pk__in=leads).update(version=F("version") + 1)
    by.record(
        "lead.unfrozen", now=now, subject=("lead", lead) if lead is not None else None, text=why,
        data={"leads": leads, "freeze": freeze.pk, "sha256": freeze.sha256}, touches=touches(leads),
    )  # fmt: skip
    return files


def _lead(lead: int, by: Desk) -> Lead:
    found = (
        Lead.objects.select_for_update(of=("self",)).filter(pk=lead, operation=by.operation).first()
    )
    if found is None:
        raise UnknownLead(lead)
    return found


def _checked(reason: str) -> str:
    why = clean_line(reason, limit=REASON_LIMIT)
    if len(why) < REASON_LEAST:
        raise ReasonMissing
    return why
