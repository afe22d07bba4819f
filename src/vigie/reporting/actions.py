"""Writing situation reports: compile, correct, propose, approve, discard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.db import transaction

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.kernel.hashing import canonical_json, sha256_hex
from vigie.operations.access import Desk
from vigie.reporting import decide
from vigie.reporting.compile import DEFAULT_INTERVAL, compile_report
from vigie.reporting.content import TEXTS, decode, encode
from vigie.reporting.document import lay_out
from vigie.reporting.models import SituationReport

TEXT_LIMIT = 8000


class AlreadyOpen(Exception):
    """A report is being written; finish or discard it first. Carries its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class ChangedMeanwhile(Exception):
    """Somebody changed the report since it was read; carries the fresh one."""

    def __init__(self, report: SituationReport) -> None:
        super().__init__(report.pk)
        self.report = report


def start_report(*, by: Desk, now: datetime, recipients: str = "CODIS") -> SituationReport:
    """Compile the next report from the journal since the last frozen one. Raises AlreadyOpen."""
    by.require(Right.WRITE_REPORTS)
    with transaction.atomic():
        as_of = journal.lock_head(by.operation.pk)
        mine = SituationReport.objects.filter(operation=by.operation)
        unfinished = mine.exclude(state="frozen").first()
        if unfinished is not None:
            raise AlreadyOpen(unfinished.number)
        last = mine.order_by("-number").first()
        start = last.period_to if last else by.operation.created_at
        content = compile_report(
            operation=by.operation,
            since_seq=last.as_of_seq if last else 0,
            as_of_seq=as_of,
            period=(start, now),
            language="en" if (by.operation.languages or ["fr"])[0] == "en" else "fr",
            recipients=recipients,
            next_at=now + DEFAULT_INTERVAL,
        )
        report = SituationReport.objects.create(
            operation=by.operation,
            number=last.number + 1 if last else 1,
            since_seq=last.as_of_seq if last else 0,
            as_of_seq=as_of,
            period_from=start,
            period_to=now,
            content=encode(content),
            created_at=now,
            created_by=by.user,
        )
        _record(by, "report.compiled", report, now=now, data={"as_of": as_of})
    return report


def edit_report(
    *,
    report: SituationReport,
    texts: Mapping[str, str],
    recipients: str,
    next_at: datetime | None,
    version: int,
    by: Desk,
    now: datetime,
) -> SituationReport:
    """Correct the texts. A proposed report goes back to draft. Raises Refused, ChangedMeanwhile."""
    by.require(Right.WRITE_REPORTS)
    with transaction.atomic():
        fresh = _locked(by, report)
        decide.may_edit(fresh.state)
        if fresh.version != version:
            raise ChangedMeanwhile(fresh)
        content = decode(fresh.content)
        kept = {key: texts.get(key, content.texts.get(key, ""))[:TEXT_LIMIT] for key in TEXTS}
        fresh.content = encode(
            msgspec.structs.replace(
                content, texts=kept, recipients=recipients[:200], next_at=next_at
            )
        )
        fresh.state = "draft"
        fresh.proposed_by = None
        _save(fresh)
        _record(by, "report.edited", fresh, now=now)
    return fresh


def propose_report(*, report: SituationReport, by: Desk, now: datetime) -> SituationReport:
    """Ask a second person to approve. Raises Refused."""
    by.require(Right.WRITE_REPORTS)
    with transaction.atomic():
        fresh = _locked(by, report)
        decide.may_propose(fresh.state)
        fresh.state = "proposed"
        fresh.proposed_by = by.user
        _save(fresh)
        _record(by, "report.proposed", fresh, now=now)
    return fresh


def approve_report(*, report: SituationReport, by: Desk, now: datetime) -> SituationReport:
    """Approve and freeze what somebody else proposed. Raises Refused."""
    by.require(Right.APPROVE_REPORTS)
    if by.user is None:
        raise decide.Refused(code="same_person")
    with transaction.atomic():
        fresh = _locked(by, report)
        decide.may_approve(fresh.state, proposer=fresh.proposed_by_id, approver=by.user.pk)
        fresh.state = "frozen"
        fresh.approved_by = by.user
        fresh.frozen_at = now
        fresh.document = msgspec.to_builtins(lay_out(fresh, decode(fresh.content)))
        fresh.frozen_sha256 = sha256_hex(canonical_json(fresh.document))
        _save(fresh)
        _record(by, "report.frozen", fresh, now=now, data={"sha256": fresh.frozen_sha256})
    return fresh


def discard_report(*, report: SituationReport, by: Desk, now: datetime) -> None:
    """Throw an unfinished report away; its number serves the next one. Raises Refused."""
    by.require(Right.WRITE_REPORTS)
    with transaction.atomic():
        fresh = _locked(by, report)
        decide.may_discard(fresh.state)
        _record(by, "report.discarded", fresh, now=now)
        fresh.delete()


def _locked(by: Desk, report: SituationReport) -> SituationReport:
    return SituationReport.objects.select_for_update().get(pk=report.pk, operation=by.operation)


def _save(report: SituationReport) -> None:
    report.version += 1
    report.save()


def _record(
    by: Desk,
    verb: str,
    report: SituationReport,
    *,
    now: datetime,
    data: Mapping[str, object] | None = None,
) -> None:
    by.record(
        verb,
        now=now,
        subject=("report", report.pk),
        data={"number": report.number, **(data or {})},
        touches=[f"report:{report.pk}", "reports"],
    )
