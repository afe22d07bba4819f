"""Situation reports: the list, one report (corrected in place), its files."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.reporting import actions, queries, rendering
from vigie.reporting.content import TEXTS, decode
from vigie.reporting.decide import Refused
from vigie.reporting.models import SituationReport
from vigie.web.ui.access import at_desk

REFUSALS = {
    "frozen": gettext_lazy("This report is frozen: it can no longer change. Write the next one."),
    "not_a_draft": gettext_lazy("This report was already proposed."),
    "not_proposed": gettext_lazy("This report is not proposed: nothing to approve yet."),
    "same_person": gettext_lazy("You proposed this report: another person must approve it."),
}


class ReportForm(forms.Form):
    """The parts people write. Fields are made from the report's own parts."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    recipients = forms.CharField(max_length=200)
    next_at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for key in TEXTS:
            self.fields[key] = forms.CharField(
                required=False, max_length=actions.TEXT_LIMIT, widget=forms.Textarea
            )


def _report(desk: Desk, number: int) -> SituationReport:
    try:
        return queries.report(desk, number)
    except queries.UnknownReport as unknown:
        raise Http404 from unknown


@require_GET
@at_desk(Right.SEE_REPORTS)
def report_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    return render(
        request,
        "reports/list.html",
        {
            "reports": queries.reports(desk),
            "unfinished": queries.open_report(desk),
            "may_write": desk.may(Right.WRITE_REPORTS),
        },
    )


@require_POST
@at_desk(Right.WRITE_REPORTS)
def start(request: HttpRequest, desk: Desk) -> HttpResponse:
    try:
        number = actions.start_report(by=desk, now=utc_now()).number
    except actions.AlreadyOpen as already:
        number = already.number
        messages.info(request, _("Report n° %(n)d is still being written.") % {"n": number})
    return redirect("reports:report", slug=desk.operation.slug, number=number)


@require_GET
@at_desk(Right.SEE_REPORTS)
def report(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    return _page(request, desk, _report(desk, number))


def _page(
    request: HttpRequest,
    desk: Desk,
    found: SituationReport,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    content = decode(found.content)
    document = rendering.document_of(found)
    zone = ZoneInfo(content.time_zone)
    mine = desk.user is not None and found.proposed_by_id == desk.user.pk
    return render(
        request,
        "reports/report.html",
        {
            "report": found,
            "content": content,
            "document": document,
            "picture": mark_safe(document.picture),  # noqa: S308 - drawn by us, texts escaped
            "texts": typed or content.texts,
            "next_at": content.next_at.astimezone(zone) if content.next_at else None,
            "may_write": desk.may(Right.WRITE_REPORTS) and found.state != "frozen",
            "may_approve": desk.may(Right.APPROVE_REPORTS) and found.state == "proposed",
            "proposed_by_me": mine,
            "formats": rendering.FORMATS,
            "conflict": typed is not None,
        },
        status=status,
    )


@require_POST
@at_desk(Right.WRITE_REPORTS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Keep the texts; `then=propose` proposes in the same gesture."""
    found = _report(desk, number)
    form = ReportForm(request.POST)
    if not form.is_valid():
        typed = {key: request.POST.get(key, "") for key in TEXTS}
        messages.error(
            request, _("Not kept: check the fields marked in red. Your text is still here.")
        )
        return _page(request, desk, found, typed=typed, status=422)
    fields = form.cleaned_data
    next_at: datetime | None = fields["next_at"]
    if next_at is not None:
        next_at = next_at.replace(tzinfo=ZoneInfo(desk.operation.time_zone))
    try:
        changed = actions.edit_report(
            report=found,
            texts={key: fields[key] for key in TEXTS},
            recipients=fields["recipients"],
            next_at=next_at,
            version=fields["version"],
            by=desk,
            now=utc_now(),
        )
        if request.POST.get("then") == "propose":
            actions.propose_report(report=changed, by=desk, now=utc_now())
            messages.success(request, _("Proposed. A second person must now approve it."))
        else:
            messages.success(request, _("Kept."))
    except actions.ChangedMeanwhile as conflict:
        messages.error(
            request,
            _(
                "Somebody changed this report meanwhile. Your text is still below: compare, then keep."
            ),
        )
        typed = {key: fields[key] for key in TEXTS}
        return _page(request, desk, conflict.report, typed=typed, status=409)
    except Refused as refusal:
        messages.error(request, str(REFUSALS[refusal.code]))
    return redirect("reports:report", slug=desk.operation.slug, number=number)


@require_POST
@at_desk(Right.APPROVE_REPORTS)
def approve(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    try:
        actions.approve_report(report=_report(desk, number), by=desk, now=utc_now())
        messages.success(request, _("Approved and frozen."))
    except Refused as refusal:
        messages.error(request, str(REFUSALS[refusal.code]))
    return redirect("reports:report", slug=desk.operation.slug, number=number)


@require_POST
@at_desk(Right.WRITE_REPORTS)
def discard(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    try:
        actions.discard_report(report=_report(desk, number), by=desk, now=utc_now())
        messages.success(request, _("Draft discarded. Its number will serve the next report."))
    except Refused as refusal:
        messages.error(request, str(REFUSALS[refusal.code]))
    return redirect("reports:list", slug=desk.operation.slug)


@require_GET
@at_desk(Right.SEE_REPORTS)
def download(request: HttpRequest, desk: Desk, number: int, extension: str) -> HttpResponse:
    found = _report(desk, number)
    try:
        file = rendering.render(found, extension)
    except KeyError as unknown:
        raise Http404 from unknown
    answer = HttpResponse(file.body, content_type=file.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer
