"""A route as files: GPX, and the table of when the race passes what."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.kernel.ids import slugify
from vigie.kernel.spreadsheet import safe_cell
from vigie.mapping.models import Route
from vigie.mapping.queries import routes as queries
from vigie.mapping.routes.gpx import WayPoint, write_gpx
from vigie.mapping.routes.measuring import measured, metres
from vigie.operations.access import Desk
from vigie.web.layers.route_telling import along, moment_asked, route_here
from vigie.web.layers.route_words import MARKS
from vigie.web.ui.access import at_desk


@require_GET
@at_desk(Right.EXPORT)
def gpx(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The route and its marks as GPX."""
    route = route_here(desk, number)
    line = measured(route)
    marks = []
    for each in route.marks.order_by("from_km", "pk"):
        lon, lat = line.at(metres(route, each.from_km))
        marks.append(
            WayPoint(
                lon=lon, lat=lat, name=each.name or str(MARKS[each.kind].label), sort=each.kind
            )
        )
    name = f"EXERCICE – {route.name}" if desk.operation.is_exercise else route.name
    body = write_gpx(name=name, line=route.geometry["coordinates"], marks=marks)
    return _file(body, desk, route, "gpx", "application/gpx+xml")


@require_GET
@at_desk(Right.EXPORT)
def passings(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """What lies along the route with when the race passes, as a table; local times."""
    route = route_here(desk, number)
    zone = ZoneInfo(desk.operation.time_zone)
    at, _is_now = moment_asked(request, desk)
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    if desk.operation.is_exercise:
        table.writerow(["EXERCICE"])
    table.writerow(
        [
            "km",
            "jusqu_a_km",
            "quoi",
            "nom",
            "cote",
            "situation",
            "premier",
            "dernier",
            "ferme_a",
            "rouvre_a",
        ]
    )
    for group, things in along(desk, queries.along(desk, route, at))["groups"]:
        for told in things:
            thing = told.thing
            moments = (thing.when.first, thing.when.last, thing.window.closes, thing.window.opens)
            table.writerow([
                f"{thing.km:.1f}".replace(".", ","),
                "" if thing.to_km is None else f"{thing.to_km:.1f}".replace(".", ","),
                safe_cell(str(told.sort or told.title)), safe_cell(thing.title), str(told.side), str(group.label),
                *("" if each is None else each.astimezone(zone).isoformat(timespec="seconds") for each in moments),
            ])  # fmt: skip
    return _file(
        ("\ufeff" + out.getvalue()).encode(), desk, route, "csv", "text/csv; charset=utf-8"
    )


def _file(body: bytes, desk: Desk, route: Route, ending: str, sort: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=sort)
    name = slugify(f"{desk.operation.slug} {route.name}")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer
