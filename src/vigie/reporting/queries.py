"""Reading situation reports: the only door, and it checks the right."""

from __future__ import annotations

from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.reporting.models import SituationReport


class UnknownReport(Exception):
    """No such report in this operation."""


def reports(by: Desk) -> QuerySet[SituationReport]:
    """The operation's reports, newest first. Drafts only for those who write or approve."""
    by.require(Right.SEE_REPORTS)
    found = (
        SituationReport.objects.filter(operation=by.operation)
        .select_related("created_by", "proposed_by", "approved_by")
        .order_by("-number")
    )
    if not (by.may(Right.WRITE_REPORTS) or by.may(Right.APPROVE_REPORTS)):
        found = found.filter(state="frozen")
    return found


def report(by: Desk, number: int) -> SituationReport:
    """One report by its number. Raises UnknownReport, also for a draft one may not see."""
    found = reports(by).filter(number=number).first()
    if found is None:
        raise UnknownReport(number)
    return found


def open_report(by: Desk) -> SituationReport | None:
    """The report being written, if there is one (one at a time)."""
    return reports(by).exclude(state="frozen").first()
