"""Making an incident, with or without a post, or joining one that tells the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk
from vigie.triage.actions import incidents as act
from vigie.triage.decide_incidents import FieldRefused, Where
from vigie.triage.models import Lead
from vigie.triage.queries import incident_detail, incidents
from vigie.triage.queries.incidents import IncidentFilter
from vigie.triage.refusals import Refusal, words
from vigie.triage.vocabulary import CATEGORIES, URGENCIES
from vigie.web.map.history import distance_words
from vigie.web.map.incident_views import leads_asked, whole_number
from vigie.web.map.panel import PRECISIONS, context_of
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk

TITLE_WORDS = 90


@dataclass(frozen=True, kw_only=True)
class Option:
    """An incident one could join, and how near it is in words."""

    incident: Any
    distance: str
    same_category: bool


@at_desk(Right.EDIT_INCIDENTS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The form to make or join (`?lead=` repeated, `?lon=&lat=`); POST makes.

    After making: the panel for htmx (event "vigie:incident" {number, id} is sent), the page else.
    """
    leads = leads_asked(request, desk)
    if request.method != "POST":
        return render(request, _template(request), _form(desk, leads, _given(request, leads)))
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    try:
        made = act.open_incident(
            title=typed.get("title", ""),
            leads=leads,
            near=incidents.territory_centre(desk),
            by=desk,
            now=utc_now(),
            **_fields(typed),
        )
    except Refusal as refusal:
        name = refusal.field if isinstance(refusal, FieldRefused) else "geometry"
        context = _form(desk, leads, typed) | {"problems": {name: words(refusal)}}
        return render(request, _template(request), context, status=422)
    if not request.headers.get("HX-Request"):
        return redirect("map:incident", slug=desk.operation.slug, number=made.number)
    answer = render(request, "map/panel.html", context_of(desk, made.number))
    answer["HX-Trigger"] = f'{{"vigie:incident": {{"number": {made.number}, "id": {made.pk}}}}}'
    return answer


@at_desk(Right.SEE_INCIDENTS)
def options(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Incidents found by number or words (`?text=`), to join or to merge: a list of choices.

    `but` is a number to leave out; `lead` are the posts that would join.
    """
    text = request.GET.get("text", "")[:200].replace("\x00", "")
    but = request.GET.get("but", "")
    found = incidents.incidents(desk, IncidentFilter(text=text)).order_by("-updated_at")
    if but.isdecimal() and len(but) < 10:
        found = found.exclude(number=int(but))
    context = {
        "options": [Option(incident=row, distance="", same_category=False) for row in found[:8]],
        "leads": leads_asked(request, desk) if desk.may(Right.SEE_BOARD) else [],
        "text": text,
        "merging": request.GET.get("for") == "merge",
        "number": but,
    }
    return render(request, "map/options.html", context)


def _template(request: HttpRequest) -> str:
    return "map/new.html" if request.headers.get("HX-Request") else "map/new_page.html"


def _given(request: HttpRequest, leads: Sequence[Lead]) -> dict[str, str]:
    """What the form starts with: from the address, else from the posts."""
    given = {name: request.GET.get(name, "") for name in ("title", "category", "urgency")}
    lon, lat = request.GET.get("lon", ""), request.GET.get("lat", "")
    try:
        point = [round(float(lon), 6), round(float(lat), 6)] if lon and lat else None
    except ValueError:
        point = None
    precision = request.GET.get("precision_m", "")
    for lead in leads:
        given["category"] = given["category"] or lead.category
        given["urgency"] = given["urgency"] or str(lead.urgency or "")
        given["title"] = given["title"] or suggested_title(lead)
        given.setdefault("place_name", lead.place_name)
        given.setdefault("place_code", lead.place_code)
        if point is None and lead.lon is not None and lead.lat is not None:
            point = [lead.lon, lead.lat]
            precision = precision or str(lead.precision_m or "")
    if request.GET.get("geometry"):
        given["geometry"] = request.GET["geometry"]
    elif point is not None:
        given["geometry"] = f'{{"type":"Point","coordinates":[{point[0]},{point[1]}]}}'
    given["precision_m"] = precision
    return given


def suggested_title(lead: Lead) -> str:
    """The first words of the post, to be rewritten; never a bare link or a mention."""
    kept = [
        word for word in lead.post.text.split() if not word.startswith(("http://", "https://", "@"))
    ]
    line = clean_line(" ".join(kept))
    if len(line) <= TITLE_WORDS:
        return line
    return line[:TITLE_WORDS].rsplit(" ", 1)[0] + "…"


def _form(desk: Desk, leads: Sequence[Lead], given: Mapping[str, str]) -> dict[str, Any]:
    where = (
        incident_detail.where_of_lead(leads[0])
        if leads
        else Where(lon=None, lat=None, category=given.get("category", ""), at=None)
    )
    found = incident_detail.near(desk, where, now=utc_now())
    return {
        "leads": leads,
        "given": given,
        "problems": {},
        "near": [
            Option(
                incident=each.incident,
                distance=distance_words(each.nearness.distance_m)
                if each.nearness.distance_m is not None
                else "",
                same_category=each.nearness.same_category,
            )
            for each in found
        ],
        "categories": [(code, each.label) for code, each in CATEGORIES.items()],
        "urgencies": list(enumerate(URGENCIES)),
        "precisions": [(metres, distance_words(metres)) for metres in PRECISIONS],
        "picker": {
            "bounds": territory(desk),
            "labels": reverse("map:labels", kwargs={"slug": desk.operation.slug}),
        },
    }


def _fields(typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form says of the incident; what it leaves empty is taken from the posts."""
    made: dict[str, Any] = {}
    for name in ("description", "category", "place_name", "place_code", "geometry"):
        if typed.get(name):
            made[name] = typed[name]
    for name in ("urgency", "precision_m"):
        number = whole_number(typed.get(name), name)
        if number is not None:
            made[name] = number
    return made
