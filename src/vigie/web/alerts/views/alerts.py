"""Alerts: what waits for somebody, why, and the gesture that says "I have it"."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.alerting.actions import alerts as actions
from vigie.alerting.queries import alerts as reading
from vigie.alerting.words import title
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.alerts.messages import explained
from vigie.web.alerts.pages import Shown, page, shown
from vigie.web.ui.access import at_desk
from vigie.web.ui.toasts import toast


@require_GET
@at_desk(Right.SEE_ALERTS)
def alert_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is open, then what was settled; htmx gets the lists alone."""
    return _list(request, desk, part=request.headers.get("HX-Target") == "alerts")


def _list(request: HttpRequest, desk: Desk, *, part: bool) -> HttpResponse:
    before = request.GET.get("before", "")
    earlier = int(before) if before.isascii() and before.isdigit() and len(before) < 9 else None
    settled = reading.page(desk, state="settled", before=earlier)
    answer = page(
        request,
        desk,
        "_list" if part else "list",
        tab="list",
        open=[] if earlier else [shown(line, desk) for line in reading.page(desk)],
        settled=[shown(line, desk) for line in settled],
        earlier=settled[-1].alert.number if len(settled) == reading.PAGE else None,
        paged=earlier is not None,
    )
    answer["Vary"] = "HX-Target"
    return answer


@require_GET
@at_desk(Right.SEE_ALERTS)
def alert_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """One alert: where the messages lead."""
    found = _found(desk, number)
    part = request.headers.get("HX-Target") == "alert"
    answer = page(
        request,
        desk,
        "_alert" if part else "alert",
        tab="list",
        shown=found,
        deliveries=[
            {"row": row, "trouble": explained(row.code) if row.code else ""}
            for row in reading.deliveries(desk, found.alert)
        ],
    )
    answer["Vary"] = "HX-Target"
    return answer


@require_GET
@at_desk(Right.SEE_ALERTS)
def place(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Where what the alert tells of is dealt with."""
    found = _found(desk, number)
    return redirect(found.place or reverse("alerts:alert", args=[desk.operation.slug, number]))


@require_GET
@at_desk(Right.SEE_ALERTS)
def bell(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How many are open, for the top bar."""
    return page(request, desk, "_bell", bell=waiting(desk))


def waiting(desk: Desk) -> dict[str, object]:
    """What the bell shows: how many, whether one is urgent, the newest in words."""
    found = reading.waiting(desk)
    newest = found.newest
    return {
        "open": found.open,
        "urgent": found.urgent,
        "number": newest.number if newest else 0,
        "title": title(newest) if newest else "",
    }


@require_POST
@at_desk(Right.ACKNOWLEDGE_ALERTS)
def acknowledge(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Somebody has them: `number`, once or several times, and a `note`."""
    asked = [int(n) for n in request.POST.getlist("number") if n.isascii() and n.isdigit()][:200]
    rows = reading.by_numbers(desk, asked)
    if not rows:
        raise Http404
    words, kind, undo = "", "good", ""
    try:
        taken = actions.acknowledge(
            alerts=rows, by=desk, now=utc_now(), note=request.POST.get("note", "")
        )
        words = ngettext(
            "Alert %(first)s is yours: nobody else is told of it any more.",
            "%(n)d alerts are yours: nobody else is told of them any more.",
            len(taken),
        ) % {"n": len(taken), "first": rows[0].number}
        if len(taken) == 1:
            undo = reverse("alerts:reopen", args=[desk.operation.slug, rows[0].number])
    except actions.AlreadySettled as settled:
        kind, words = "info", _already(settled)
    if request.headers.get("HX-Request"):
        return toast(_list(request, desk, part=True), words, kind=kind, undo=undo)  # type: ignore[arg-type]
    messages.info(request, words)
    if len(rows) == 1:
        return redirect("alerts:alert", slug=desk.operation.slug, number=rows[0].number)
    return redirect("alerts:list", slug=desk.operation.slug)


@require_POST
@at_desk(Right.ACKNOWLEDGE_ALERTS)
def reopen(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Take an acknowledgement back."""
    found = _found(desk, number)
    try:
        actions.reopen(alert=found.alert, by=desk, now=utc_now())
        words = _("Alert %(n)d is open again.") % {"n": number}
    except actions.AlreadySettled:
        words = _("Alert %(n)d cannot be opened again: it is over, or a newer one took its place.")
        words %= {"n": number}
    if request.headers.get("HX-Request"):
        return toast(HttpResponse(status=204), words)
    messages.info(request, words)
    return redirect("alerts:alert", slug=desk.operation.slug, number=number)


def _found(desk: Desk, number: int) -> Shown:
    try:
        return shown(reading.line(desk, number), desk)
    except reading.UnknownAlert as unknown:
        raise Http404 from unknown


def _already(settled: actions.AlreadySettled) -> str:
    alert = settled.alert
    if alert.state == "over" or alert.settled_by is None:
        return _("Alert %(n)d is over already.") % {"n": alert.number}
    return _("%(person)s has alert %(n)d already.") % {
        "person": alert.settled_by.display,
        "n": alert.number,
    }
