"""What the small search dialogs of the board offer: places, incidents; and what `i` does."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.queries.routes import places_of
from vigie.operations.access import Desk
from vigie.triage.actions import incidents as act
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.queries import incidents, places
from vigie.triage.queries import leads as lines
from vigie.triage.queries.incidents import IncidentFilter
from vigie.web.board import forms
from vigie.web.board.views import vocabulary
from vigie.web.map.history import distance_words
from vigie.web.map.panel import PRECISIONS
from vigie.web.map.symbols import vocabulary as vocabulary_of_the_map
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk

CHOICES = 12
TITLE_LIMIT = 120
ON_ROUTE_M = 50
"""How precise a place is that is said by route and kilometre."""


@at_desk(Right.SEE_BOARD)
def place_choices(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Places for `q`; without it, those the post itself names, then the territory's communes."""
    text = request.GET.get("q", "").strip()[:80]
    lead = request.GET.get("lead", "")
    found = places.choices(
        text, by=desk, lead=int(lead) if lead.isascii() and lead.isdigit() else None, limit=CHOICES
    )
    along = [
        places.PlaceChoice(
            name=f"{each.route.code or each.route.name}, km {each.km:g}", code="", lon=each.lon,
            lat=each.lat, precision_m=ON_ROUTE_M, origin="route", hint=each.route.name,
        )
        for each in (places_of(desk, text) if desk.may(Right.SEE_LAYERS) else ())
    ]  # fmt: skip
    return render(request, "board/place_choices.html", {"choices": along + found, "text": text})


@at_desk(Right.TRIAGE)
def place_map(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A small map to say where, with a name for the place if one is known."""
    context = {
        "picker": {
            "bounds": territory(desk),
            "labels": reverse("map:labels", kwargs={"slug": desk.operation.slug}),
        },
        "precisions": [(metres, distance_words(metres)) for metres in PRECISIONS],
        "vocabulary": vocabulary_of_the_map(),
    }
    return render(request, "board/place_map.html", context)


@at_desk(Right.EDIT_INCIDENTS)
def incident_choices(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Standing incidents for `q`; without it the last changed, those near the post first."""
    text = request.GET.get("q", "").strip()[:80]
    found = incidents.page(desk, IncidentFilter(text=text), limit=CHOICES * 3).incidents
    pk = request.GET.get("lead", "")
    lead = incidents.lead_here(desk, int(pk)) if pk.isascii() and pk.isdigit() else None
    near = places.near(found, lead) if lead is not None else {}
    found.sort(key=lambda each: near.get(each.pk, float("inf")))
    suggested = text or (places.title_for(lead)[:TITLE_LIMIT] if lead is not None else "")
    choices = [(each, near.get(each.pk)) for each in found[:CHOICES]]
    context = {"choices": choices, "text": text, "title": suggested}
    return render(request, "board/incident_choices.html", context)


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def to_incident(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let posts back an incident: the one of `incident` (its number), or a new one of `title`."""
    now = utc_now()
    try:
        ids = list(forms.seen_of(request.POST))
        rows = [row for pk in ids if (row := incidents.lead_here(desk, pk)) is not None]
        number = request.POST.get("incident", "")
        if not rows:
            raise Http404
        if number:
            found = incidents.incident(desk, forms.whole(number))
            if found is None:
                raise Http404
            act.join_incident(incident=found, leads=rows, by=desk, now=now)
            said = _("Joined to incident %(number)d: %(title)s.")
        else:
            found = act.open_incident(
                title=request.POST.get("title", ""), leads=rows, by=desk, now=now
            )  # fmt: skip
            said = _("Incident %(number)d opened: %(title)s.")
    except forms.NotReadable as error:
        raise Http404 from error
    except FieldRefused:
        text = _("An incident needs a title.")
        return render(request, "board/answer.html", {"said": text, "kind": "warn"}, status=422)
    except act.IncidentMerged:
        text = _("That incident was merged into another in the meantime. Nothing was changed.")
        return render(request, "board/answer.html", {"said": text, "kind": "warn"}, status=409)
    shown = lines.lines(ids, by=desk, now=now)
    context = {
        "lines": shown,
        "said": said % {"number": found.number, "title": found.title},
        "kind": "good",
        "incident": found,
        **vocabulary(desk, shown),
    }
    return render(request, "board/answer.html", context)
