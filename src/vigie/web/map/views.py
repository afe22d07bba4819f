"""The room of incidents: list and map of the same incidents, by the same filters."""

from __future__ import annotations

from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage import export_incidents as exports
from vigie.triage.queries import frozen, incident_features, incidents
from vigie.triage.queries.incidents import CursorUnreadable, IncidentFilter
from vigie.triage.vocabulary import CATEGORIES, INCIDENT_STATES, URGENCIES
from vigie.web.map import asked as asking
from vigie.web.map.labels import labels as place_labels
from vigie.web.map.symbols import vocabulary
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_INCIDENTS)
def map_room(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The page; or, asked by htmx for `#incident-list`, its list alone (with `after`: its next
    rows)."""
    asked = asking.read(request.GET, now=utc_now(), zone=desk.operation.time_zone)
    context = _list(desk, asked)
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    if fragment:
        template = "map/rows.html" if asked.after else "map/list.html"
    else:
        template = "map/map.html"
        context |= _room(desk)
    answer = render(request, template, context)
    patch_vary_headers(answer, ("HX-Request",))
    return answer


def _list(desk: Desk, asked: asking.Asked) -> dict[str, Any]:
    rows = incidents.incidents(desk, asked.wanted)
    listed = asked.wanted if asked.inside is None else _within(asked)
    try:
        page = incidents.page(
            desk, listed, sort=asked.sort, after=asked.after, limit=asked.limit
        )  # fmt: skip
    except CursorUnreadable:
        page = incidents.page(desk, listed, sort=asked.sort, limit=asked.limit)
    matching = rows.count()
    total = matching if not asked.narrowed else incidents.incidents(desk).count()
    return {
        "asked": asked,
        "page": page,
        "frozen": frozen.of_incidents(desk, [row.pk for row in page.incidents]),
        "matching": incidents.incidents(desk, listed).count() if asked.inside else matching,
        "total": total,
        "more_url": f"?{asked.url_part(after=page.after)}" if page.after else "",
        "may_edit": desk.may(Right.EDIT_INCIDENTS),
    }


def _within(asked: asking.Asked) -> IncidentFilter:
    wanted = asked.wanted
    return IncidentFilter(
        categories=wanted.categories,
        states=wanted.states,
        urgency_from=wanted.urgency_from,
        since=wanted.since,
        until=wanted.until,
        text=wanted.text,
        place_code=wanted.place_code,
        mine=wanted.mine,
        located=wanted.located,
        box=asked.inside,
    )


def _room(desk: Desk) -> dict[str, Any]:
    counts = incidents.counts(desk)
    slug = {"slug": desk.operation.slug}
    return {
        "categories": [
            (code, each.label, counts["category"].get(code, 0)) for code, each in CATEGORIES.items()
        ],
        "states": [
            (code, term.label, counts["state"].get(code, 0))
            for code, term in INCIDENT_STATES.items()
        ],
        "urgencies": [(level, URGENCIES[level].label) for level in (1, 2, 3, 4)],
        "periods": [(code, label) for code, (_, label) in asking.PERIODS.items()],
        "sorts": list(asking.SORT_WORDS.items()),
        "vocabulary": vocabulary(),
        "map_data": {
            "bounds": territory(desk),
            "features": reverse("map:features", kwargs=slug),
            "leads": reverse("map:leads", kwargs=slug) if desk.may(Right.SEE_BOARD) else None,
            "labels": reverse("map:labels", kwargs=slug),
            "measures": reverse("indicators:features", kwargs=slug),
            "create": reverse("map:new", kwargs=slug) if desk.may(Right.EDIT_INCIDENTS) else None,
            "board": reverse("board:board", kwargs=slug) if desk.may(Right.SEE_BOARD) else None,
        },
        "may_export": desk.may(Right.EXPORT),
        "exports": {
            kind: reverse("map:export", kwargs=slug | {"kind": kind}) for kind in exports.MIME
        },
    }


def territory(desk: Desk) -> list[float] | None:
    """West, south, east, north around the operation's communes; None when it has no point."""
    box = incidents.territory_box(desk)
    if box is None:
        return None
    west, south, east, north = box
    return [west - 0.03, south - 0.02, east + 0.03, north + 0.02]


@at_desk(Right.SEE_INCIDENTS)
def features(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Incidents as GeoJSON, filtered as the list is; with `since`, what changed after that entry
    of the journal. Not narrowed to the view: the map has its own."""
    asked = asking.read(request.GET, now=utc_now(), zone=desk.operation.time_zone)
    since = request.GET.get("since", "")
    found = incident_features.features(
        desk,
        asked.wanted,
        since=int(since) if since.isdecimal() and len(since) < 19 else None,
    )
    return _geojson(found.as_geojson())


@at_desk(Right.EXPORT)
def export(request: HttpRequest, desk: Desk, kind: str) -> StreamingHttpResponse:
    """The incidents the list shows, as a file."""
    if kind not in exports.MIME:
        raise Http404
    now = utc_now()
    asked = asking.read(request.GET, now=now, zone=desk.operation.time_zone)
    rows = incidents.export(desk, asked.wanted)
    answer = StreamingHttpResponse(
        exports.streamed(kind, rows, desk.operation), content_type=exports.MIME[kind]
    )
    name = exports.file_name(desk.operation, now, kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@at_desk(Right.SEE_BOARD)
def leads(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Posts that have a place and no incident yet."""
    found = incident_features.located_leads(desk)
    return _geojson({"type": "FeatureCollection", "features": found})


@at_desk(Right.SEE_INCIDENTS)
def labels(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Names of places around the operation, for the local base map."""
    centre = incidents.territory_centre(desk)
    here = frozenset(desk.operation.communes.values_list("code", flat=True))
    answer = _geojson(place_labels(centre, here))
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _geojson(collection: dict[str, Any]) -> JsonResponse:
    return JsonResponse(collection, content_type="application/geo+json")
