"""Hand-offs: the list, one of them, sending, the partner's answers, files for their systems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right, Role
from vigie.assistance import message
from vigie.assistance.actions import handoffs as work
from vigie.assistance.actions.partners import PartnerRefused, save_partner
from vigie.assistance.decide_handoffs import HandOffRefused
from vigie.assistance.models import HandOff, Need
from vigie.assistance.queries import handoffs as reading
from vigie.assistance.queries.needs import need_numbered
from vigie.contracts.handoffs import HandOffExporter
from vigie.contracts.plugins import EXPORTER
from vigie.contracts.registry import plugins
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, team_in_roles
from vigie.triage.models import Incident
from vigie.triage.queries.incidents import incident as incident_numbered
from vigie.web.assist import handoff_words as words
from vigie.web.ui.access import at_desk


@require_GET
@at_desk(Right.SEE_HAND_OFFS)
def handoffs(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What waits for an answer first; for htmx the lines alone."""
    part = request.headers.get("HX-Target") == "handoffs"
    context = _list(desk, utc_now())
    answer = render(request, f"assist/{'_handoffs' if part else 'handoffs'}.html", context)
    patch_vary_headers(answer, ("HX-Target",))
    return answer


@require_GET
@at_desk(Right.SEE_HAND_OFFS)
def handoff(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """One hand-off beside the list."""
    row = _here(desk, number)
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        answer = _opened(request, desk, row)
    else:
        now = utc_now()
        context = _list(desk, now) | _one(desk, row, now)
        answer = render(request, "assist/handoffs.html", context)
    patch_vary_headers(answer, ("HX-Request",))
    return answer


@require_http_methods(["GET", "POST"])
@at_desk(Right.HAND_OFF)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Hand a need (`need`) or an incident (`incident`, by number) to a partner."""
    asked = request.POST if request.method == "POST" else request.GET
    subject = _subject(desk, asked.get("need", ""), asked.get("incident", ""))
    known = list(reading.partners(desk))
    said = ""
    if request.method == "POST":
        try:
            partner = next((each for each in known if str(each.pk) == asked.get("partner")), None)
            if partner is None:
                raise HandOffRefused("partner")
            now = utc_now()
            flash = (
                work.Flash(called=asked.get("called", ""), called_at=now)
                if asked.get("called", "").strip()
                else None
            )
            row = work.hand_over(
                subject=subject, partner=partner, asked=asked.get("asked", ""), flash=flash,
                although_known=asked.get("although_known", ""), by=desk, now=now,
            )  # fmt: skip
        except words.REFUSALS as refusal:
            said = words.refused(refusal)
        else:
            return redirect("handoffs:one", slug=desk.operation.slug, number=row.number)
    context = {
        "subject": subject, "is_need": isinstance(subject, Need), "partners": known, "said": said,
        "written": asked, "phones": {each.pk: reading.ways_of(each).get("phone", "") for each in known},
        "may_edit_partners": desk.may(Right.EDIT_PARTNERS),
    }  # fmt: skip
    return render(request, "assist/handoff_new.html", context, status=422 if said else 200)


@require_POST
@at_desk(Right.ANSWER_HAND_OFFS)
def answer(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The officer answers: one click."""
    row = _here(desk, number)
    return _said(request, desk, row, via="screen")


@require_POST
@at_desk(Right.HAND_OFF)
def answered_by_phone(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The desk writes down what the partner said on the telephone."""
    return _said(request, desk, _here(desk, number), via="phone")


@require_POST
@at_desk(Right.HAND_OFF)
def later(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """An update, or (`cancel`) taking it back: linked to the first message."""
    row = _here(desk, number)
    act = work.cancel if "cancel" in request.POST else work.update
    try:
        act(handoff=row, text=request.POST.get("text", ""), by=desk, now=utc_now())
    except words.REFUSALS as refusal:
        return _opened(request, desk, row, said=words.refused(refusal), status=422)
    return _opened(request, desk, _here(desk, number))


@require_GET
@at_desk(Right.SEE_HAND_OFFS)
def file(request: HttpRequest, desk: Desk, number: int, form: str) -> HttpResponse:
    """The hand-off as a file for the partner's system."""
    row = _here(desk, number)
    exporter = plugins().of_kind(EXPORTER).get(form)
    told = message.of_handoff(row)
    if exporter is None or not issubclass(exporter, HandOffExporter) or told is None:
        raise Http404
    response = HttpResponse(exporter.write(told), content_type=exporter.media_type)
    mark = "EXERCICE-" if desk.operation.is_exercise else ""
    name = f"{mark}transmission-{row.number}{exporter.suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_PARTNERS)
def partners(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The authorities served, and how they are reached."""
    said = ""
    if request.method == "POST":
        people = team_in_roles(desk.operation, (Role.PARTNER,))
        chosen = set(request.POST.getlist("people"))
        minutes = request.POST.get("minutes", "")
        partner = next(
            (
                each
                for each in reading.partners(desk)
                if str(each.pk) == request.POST.get("partner")
            ),
            None,
        )
        try:
            save_partner(
                partner=partner, name=request.POST.get("name", ""),
                kind=request.POST.get("kind", "other"),
                answer_s=int(minutes) * 60 if minutes.isdecimal() and len(minutes) < 5 else 0,
                ways={way: request.POST.get(way, "").strip() for way in ("phone", "network_id")},
                people=[user for user, _ in people if str(user.pk) in chosen], by=desk, now=utc_now(),
            )  # fmt: skip
        except PartnerRefused as refusal:
            said = words.partner_refused(refusal)
        else:
            return redirect("handoffs:partners", slug=desk.operation.slug)
    context = {
        "said": said, "written": request.POST if said else {}, "kinds": words.PARTNER_KINDS,
        "officers": [user for user, _ in team_in_roles(desk.operation, (Role.PARTNER,))],
        "partners": [
            {"row": each, "ways": reading.ways_of(each), "minutes": each.answer_s // 60,
             "people": {person.pk for person in each.people.all()}}
            for each in reading.partners(desk).prefetch_related("people")
        ],
    }  # fmt: skip
    return render(request, "assist/partners.html", context, status=422 if said else 200)


def _said(request: HttpRequest, desk: Desk, row: HandOff, *, via: str) -> HttpResponse:
    try:
        work.answer(
            handoff=row, said=request.POST.get("said", ""), words=request.POST.get("words", ""),
            via=via, name=request.POST.get("name", ""), by=desk, now=utc_now(),
        )  # fmt: skip
    except words.REFUSALS as refusal:
        return _opened(request, desk, row, said=words.refused(refusal), status=422)
    return _opened(request, desk, _here(desk, row.number))


def _here(desk: Desk, number: int) -> HandOff:
    row = reading.handoff_numbered(desk, number)
    if row is None:
        raise Http404
    return row


def _opened(
    request: HttpRequest, desk: Desk, row: HandOff, *, said: str = "", status: int = 200
) -> HttpResponse:
    context = _one(desk, row, utc_now()) | {"said": said}
    return render(request, "assist/_handoff.html", context, status=status)


def _one(desk: Desk, row: HandOff, now: datetime) -> dict[str, Any]:
    return {
        "opened": reading.opened(desk, row, now=now), "handoff": row,
        "answers": words.ANSWERS, "may_answer": desk.may(Right.ANSWER_HAND_OFFS),
        "may_send": desk.may(Right.HAND_OFF), "forms": words.forms(),
    }  # fmt: skip


def _list(desk: Desk, now: datetime) -> dict[str, Any]:
    lines = reading.inbox(desk, now=now)
    return {
        "lines": lines, "waiting": sum(line.waits for line in lines),
        "may_answer": desk.may(Right.ANSWER_HAND_OFFS), "may_send": desk.may(Right.HAND_OFF),
        "may_edit_partners": desk.may(Right.EDIT_PARTNERS),
    }  # fmt: skip


def _subject(desk: Desk, need: str, incident: str) -> Need | Incident:
    found: Need | Incident | None = None
    if need.isdecimal() and len(need) < 9:
        found = need_numbered(desk, int(need))
    elif incident.isdecimal() and len(incident) < 9:
        found = incident_numbered(desk, int(incident))
    if found is None:
        raise Http404
    return found
