"""Two readings: one person proposes a verdict, another agrees or dissents. Nobody concludes alone.

Every way to a verdict (screen, API, command) comes through here, and the database holds the rest:
one reading per person and round, a settled claim has a verdict.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from vigie.accounts.roles import Right
from vigie.kernel.text import clean
from vigie.operations.access import Desk
from vigie.verification.actions._claims import FieldRefused, locked, touches, write
from vigie.verification.actions.factchecks import approve_words
from vigie.verification.decide import (
    PUBLIC,
    VERDICTS,
    AloneRefused,
    StateRefused,
    follow,
    second_reader,
)
from vigie.verification.models import Claim, Reading

REASON_LIMIT = 5_000
REASON_LEAST = 10
"""Characters of a reason at least: a word is none."""


class ReadingChanged(Exception):
    """Somebody else changed the proposal since the person read it: it has to be read again."""


def propose_verdict(
    *, claim: Claim, verdict: str, reason: str, by: Desk, now: datetime, text_digest: str = ""
) -> Reading:
    """The first reading: a verdict with its reason, for another person to read.

    A claim nobody had begun to check is begun by it. Raises FieldRefused, StateRefused,
    AloneRefused (a machine proposes no verdict), ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    if by.user is None:
        raise AloneRefused
    verdict, said = _verdict(verdict), _reason(reason)
    with transaction.atomic():
        row = locked(claim, by)
        state = row.state
        if state in ("detected", "assigned"):
            state = follow(state, "checking")
        changes: dict[str, Any] = {"state": follow(state, "second_reading")}
        if row.assignee_id is None:
            changes |= {"assignee": by.user, "assigned_at": now}
        last = row.readings.aggregate(n=Max("round"))["n"] or 0
        made = Reading.objects.create(
            claim=row, round=last + 1, kind="first", verdict=verdict, reliability=row.reliability,
            credibility=row.credibility, reason=said, text_digest=text_digest, at=now, by=by.user,
        )  # fmt: skip
        write(row, changes, by=by, now=now, notes={"proposed": [None, verdict]})
        _tell("claim.verdict_proposed", row, made, by=by, now=now)
    return made


def read_second(
    *,
    claim: Claim,
    first: int,
    agrees: bool,
    by: Desk,
    now: datetime,
    reason: str = "",
    verdict: str = "",
    text_digest: str = "",
) -> Reading:
    """The second reading of the proposal `first` (a reading's id), by another person.

    Agreeing concludes the claim. Dissenting needs a reason, may name the verdict the reader would
    give, is kept for ever and sends the claim back to be checked. `text_digest` names the words of
    the public page that were shown. Raises AloneRefused, ReadingChanged, FieldRefused,
    StateRefused, ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = locked(claim, by)
        new = follow(row.state, "concluded" if agrees else "checking")
        if row.state != "second_reading":
            raise StateRefused(row.state, new)
        proposal = row.readings.filter(kind="first").order_by("-round").first()
        if proposal is None or proposal.pk != first:
            raise ReadingChanged(first)
        second_reader(first=proposal.by_id, second=by.user.pk if by.user else None)
        if agrees:
            said = clean(reason).strip()[:REASON_LIMIT]
            theirs = proposal.verdict
        else:
            said = _reason(reason)
            theirs = _verdict(verdict) if verdict else proposal.verdict
        made = Reading.objects.create(
            claim=row, round=proposal.round, kind="second", verdict=theirs, agrees=agrees,
            reliability=row.reliability, credibility=row.credibility, reason=said,
            text_digest=text_digest, at=now, by=by.user,
        )  # fmt: skip
        changes: dict[str, Any] = {"state": new}
        if agrees:
            changes |= {"verdict": proposal.verdict, "concluded_at": now}
        write(row, changes, by=by, now=now, notes={"read": [proposal.verdict, agrees]})
        if agrees and by.may(Right.PUBLISH_FACT_CHECKS):
            approve_words(claim=row, by=by, now=now, digest=text_digest)
        _tell(
            "claim.concluded" if agrees else "claim.dissented", row, made, by=by, now=now,
            leads=agrees,
        )  # fmt: skip
    return made


def reopen(*, claim: Claim, reason: str, by: Desk, now: datetime) -> Claim:
    """Check it again: a proposal is taken back, a verdict is put in doubt. What was read stays.

    A page that is public stays so, with its verdict, until its correction is read twice as well.
    Raises FieldRefused, StateRefused, ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    said = _reason(reason)
    with transaction.atomic():
        row = locked(claim, by)
        old = row.state
        if old in ("detected", "assigned", "checking"):
            raise StateRefused(old, "checking")
        changes: dict[str, Any] = {"state": follow(old, "checking")}
        if old not in PUBLIC:
            changes |= {"verdict": "", "concluded_at": None}
        if row.assignee_id is None and by.user is not None:
            changes |= {"assignee": by.user, "assigned_at": now}
        write(row, changes, by=by, now=now, notes={"reopened": [old, said]})
        by.record(
            "claim.reopened",
            now=now,
            subject=("claim", row.pk),
            text=said,
            data={"number": row.number, "version": row.version, "was": old},
            touches=touches(row, *_lines(row)),
        )
    return row


def _verdict(verdict: str) -> str:
    if verdict not in VERDICTS:
        raise FieldRefused("verdict", "missing" if not verdict else "unknown")
    return verdict


def _reason(reason: str) -> str:
    said = clean(reason).strip()
    if len(said) < REASON_LEAST:
        raise FieldRefused("reason", "missing")
    if len(said) > REASON_LIMIT:
        raise FieldRefused("reason", "too_long")
    return said


def _lines(row: Claim) -> list[str]:
    """The lines of the board that bear this claim's mark, the latest first."""
    posts = row.made_of.filter(refused_at__isnull=True).order_by("-pk")
    return [f"lead:{pk}" for pk in posts.values_list("lead", flat=True)[:100]]


def _tell(
    verb: str, row: Claim, made: Reading, *, by: Desk, now: datetime, leads: bool = False
) -> None:
    by.record(
        verb,
        now=now,
        subject=("claim", row.pk),
        text=made.reason,
        data={
            "number": row.number, "version": row.version, "round": made.round,
            "verdict": made.verdict,
        },
        touches=touches(row, *(_lines(row) if leads else [])),
    )  # fmt: skip
