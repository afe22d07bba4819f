"""Routes: opened from a GPX file, timed, and read along at a moment."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, rfc3339, utc_now
from vigie.kernel.ids import slugify
from vigie.kernel.spreadsheet import safe_cell
from vigie.mapping.actions import routes as actions
from vigie.mapping.actions.routes import RouteNotHere, RouteRefused
from vigie.mapping.models import Route
from vigie.mapping.queries import routes as queries
from vigie.mapping.queries.routes import Along
from vigie.mapping.routes.gpx import BYTES, GpxRefused, WayPoint, read_gpx, write_gpx
from vigie.mapping.routes.measuring import last_km, measured, metres, rows_of
from vigie.mapping.routes.timetable import Unread, read_timetable
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.triage.vocabulary import CATEGORIES
from vigie.web.layers.route_words import KINDS, MARKS, REFUSALS, SIDES, STANDINGS, WINDOWS
from vigie.web.map.symbols import vocabulary
from vigie.web.ui.access import at_desk

SETTINGS: Final = (
    "name", "kind", "code", "first_km", "stated_km", "close_before_min", "open_after_min", "near_m",
)  # fmt: skip
BEYOND: Final = timedelta(hours=2)
"""How far before the first and after the last time the slider goes."""


@require_GET
@at_desk(Right.SEE_LAYERS)
def route_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The routes, and the form that opens one."""
    return _listed(request, desk)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Open a route from a GPX file."""
    typed = {key: request.POST.get(key, "") for key in ("name", "kind", "code")}
    try:
        return redirect(_opened(request, desk, typed))
    except (GpxRefused, RouteRefused) as refusal:
        problem = str(REFUSALS.get(refusal.code, refusal.code))
        return _listed(request, desk, problem=problem, typed=typed)


def _listed(
    request: HttpRequest, desk: Desk, *, problem: str = "", typed: dict[str, str] | None = None
) -> HttpResponse:
    rows = list(queries.routes_for(desk))
    context = {
        "routes": [(row, KINDS[row.kind], last_km(row), _times(row)) for row in rows],
        "kinds": list(KINDS.items()), "problem": problem, "typed": typed or {},
        "archived": list(queries.routes_for(desk, archived=True)),
        "may_edit": desk.may(Right.EDIT_LAYERS), "megabytes": BYTES // 1_000_000,
    }  # fmt: skip
    return render(request, "layers/routes.html", context, status=422 if problem else 200)


def _opened(request: HttpRequest, desk: Desk, typed: dict[str, str]) -> str:
    given = request.FILES.get("file")
    if given is None or given.size is None:
        raise GpxRefused("not_gpx")
    if given.size > BYTES:
        raise GpxRefused("too_large")
    found = read_gpx(given.read())
    name = typed["name"] or found.name or str(given.name or "").rpartition(".")[0]
    route = actions.open_route(
        name=name, kind=typed["kind"] or "race", code=typed["code"], line=found.line,
        way_points=found.way_points, by=desk, now=utc_now(),
    )  # fmt: skip
    told = (
        f"?left_out={found.left_out}&skipped={found.skipped}"
        if found.left_out or found.skipped
        else ""
    )
    return reverse("layers:route", args=[desk.operation.slug, route.number]) + told


def _times(route: Route) -> tuple[datetime, datetime] | None:
    times = [at for row in rows_of(route) for at in (row.first, row.last) if at is not None]
    return (min(times), max(times)) if times else None


@require_GET
@at_desk(Right.SEE_LAYERS)
def route_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """A route at a moment (`at`, local time or RFC 3339; now without); for htmx, what is along it."""
    route = _route(desk, number)
    at, is_now = _moment(request, desk)
    view = queries.along(desk, route, at)
    context: dict[str, Any] = {"route": route, "is_now": is_now, **_along(desk, view)}
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        answer = render(request, "layers/_along.html", context)
        patch_vary_headers(answer, ("HX-Request",))
        return answer
    return _page(request, desk, route, context)


def _page(
    request: HttpRequest,
    desk: Desk,
    route: Route,
    context: dict[str, Any],
    *,
    problem: str | Promise = "",
    about: str = "",
    unread: Sequence[tuple[Unread, Any]] = (),
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    slug = desk.operation.slug
    zone = ZoneInfo(desk.operation.time_zone)
    times = _times(route)
    context |= {
        "kind_word": KINDS[route.kind], "last_km": last_km(route), "times": times,
        "marks": [(mark, MARKS[mark.kind], SIDES.get(mark.side, "")) for mark in route.marks.order_by("from_km", "pk")],
        "kinds": list(KINDS.items()), "mark_kinds": list(MARKS.values()), "sides": list(SIDES.items()),
        "may_edit": desk.may(Right.EDIT_LAYERS), "may_draw": desk.may(Right.DRAW),
        "may_export": desk.may(Right.EXPORT),
        "problem": problem, "about": about, "unread": unread, "typed": typed or {},
        "timetable": _written(route, zone), "day": (times[0] if times else utc_now()).astimezone(zone).date(),
        "left_out": _small(request, "left_out"), "skipped": _small(request, "skipped"),
        "vocabulary": vocabulary(),
        "route_data": {
            "bounds": _bounds(route), "labels": reverse("map:labels", args=[slug]),
            "along": reverse("layers:route-along", args=[slug, route.number]),
            "page": reverse("layers:route", args=[slug, route.number]),
            "from": rfc3339(times[0] - BEYOND) if times else None,
            "until": rfc3339(times[1] + BEYOND) if times else None,
            "zone": desk.operation.time_zone,
            "marks": {code: str(term.label) for code, term in MARKS.items()},
        },
    }  # fmt: skip
    return render(request, "layers/route.html", context, status=422 if problem else 200)


def _small(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _bounds(route: Route) -> list[float]:
    points = measured(route).points
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    return [float(west), float(south), float(east), float(north)]


def _written(route: Route, zone: ZoneInfo) -> str:
    """The timetable as one may paste it again."""
    lines = []
    for row in rows_of(route):
        times = [at.astimezone(zone).strftime("%H:%M:%S") for at in (row.first, row.last) if at]
        lines.append("; ".join([f"{row.km:g}", row.place, *times]))
    return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A thing along the route, in words."""

    thing: queries.Thing
    title: str
    sort: str | Promise
    icon: str
    side: str | Promise
    facts: list[str]
    url: str
    window: Any
    access: Any


def _along(desk: Desk, view: Along) -> dict[str, Any]:
    slug = desk.operation.slug
    groups = []
    for code in ("in", "ahead", "behind", "unknown"):
        things = [_told(thing, slug, view.at) for thing in view.of(code)]
        if code != "ahead":
            things.reverse()  # the nearest to the race first
        if things or (code != "unknown" and view.rows):
            groups.append((STANDINGS[code], things))
    return {"view": view, "groups": groups, "at": view.at}


def _told(thing: queries.Thing, slug: str, at: datetime) -> Told:
    if thing.sort == "incident":
        category = CATEGORIES.get(thing.kind)
        sort, icon = (category.short, category.icon) if category else (thing.kind, "map-pin")
        url = f"{reverse('map:map', args=[slug])}?incident={thing.number}"
    elif thing.sort == "mark":
        sort, icon, url = MARKS[thing.kind].label, MARKS[thing.kind].icon, ""
    else:
        template = TEMPLATES.get(thing.kind)
        sort, icon = (template.label, "map-pin") if template else ("", "map-pin")
        url = f"{reverse('layers:map', args=[slug])}?object={thing.key}"
    access = thing.access
    side = SIDES.get(thing.side, "")
    return Told(
        thing=thing, title=thing.title or str(sort), sort=sort if thing.title else "", icon=icon,
        side=side, facts=_facts(thing, sort, side), url=url,
        window=WINDOWS[thing.window.state(at)], access=access and (access, WINDOWS[access.state]),
    )  # fmt: skip


def _facts(thing: queries.Thing, sort: str | Promise, side: str | Promise) -> list[str]:
    """What is said of it in a line: what it is, how far aside, for how many people."""
    aside = _("%(metres)s m away") % {"metres": round(thing.aside_m)} if thing.aside_m >= 1 else ""
    capacity = thing.mark.capacity if thing.mark else None
    people = _("%(n)s people") % {"n": intcomma(capacity)} if capacity else ""
    where = " ".join(word for word in (aside, str(side)) if word)
    note = thing.mark.note if thing.mark else ""
    told = (str(sort) if thing.title else "", where, people, note)
    return [each for each in told if each]


@require_GET
@at_desk(Right.SEE_LAYERS)
def along_geojson(request: HttpRequest, desk: Desk, number: int) -> JsonResponse:
    """The route, its head and tail and what lies along it, at `at`."""
    at, _is_now = _moment(request, desk)
    view = queries.along(desk, _route(desk, number), at)
    return JsonResponse(queries.as_geojson(view), content_type="application/geo+json")


@require_GET
@at_desk(Right.SEE_LAYERS)
def on_the_map(request: HttpRequest, desk: Desk) -> JsonResponse:
    """All routes as they are at `at`, for the map of layers."""
    at, _is_now = _moment(request, desk)
    features = [
        feature
        for route in queries.routes_for(desk)
        for feature in queries.as_geojson(queries.along(desk, route, at))["features"]
    ]
    return JsonResponse(
        {"type": "FeatureCollection", "features": features}, content_type="application/geo+json"
    )


@require_POST
@at_desk(Right.EDIT_LAYERS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Settings; `turn`, `archive` and `restore` are buttons of their own."""
    now = utc_now()
    if "restore" in request.POST:
        row = queries.routes_for(desk, archived=True).filter(number=number).first()
        if row is None:
            raise Http404
        actions.archive_route(route=row, by=desk, now=now, back=True)
        return redirect("layers:route", slug=desk.operation.slug, number=number)
    route = _route(desk, number)
    if "archive" in request.POST:
        actions.archive_route(route=route, by=desk, now=now)
        return redirect("layers:routes", slug=desk.operation.slug)
    if "turn" in request.POST:
        actions.turn_route(route=route, by=desk, now=now)
        return _back(desk, route)
    typed = {key: request.POST[key] for key in SETTINGS if key in request.POST}
    try:
        actions.edit_route(route=route, changes=typed, by=desk, now=now)
    except RouteRefused as refusal:
        return _again(request, desk, route, refusal.code, about=refusal.field, typed=typed)
    return _back(desk, route)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def timetable(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Replace the timetable by what was pasted; lines that cannot be read are shown, the rest kept."""
    route = _route(desk, number)
    text = request.POST.get("timetable", "")[:200_000]
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return _again(request, desk, route, "no_day", about="timetable", typed={"timetable": text})
    read = read_timetable(text, day=day, zone=ZoneInfo(desk.operation.time_zone))
    if text.strip() and not read.rows:
        return _again(request, desk, route, "nothing", about="timetable", typed={"timetable": text})
    try:
        route = actions.set_timetable(route=route, rows=read.rows, by=desk, now=utc_now())
    except RouteRefused:
        return _again(
            request, desk, route, "time_goes_back", about="timetable", typed={"timetable": text}
        )
    if not read.unread:
        return _back(desk, route)
    view = queries.along(desk, route, utc_now())
    return _page(
        request, desk, route, {"route": route, "is_now": True, **_along(desk, view)},
        about="timetable", unread=[(each, REFUSALS[each.code]) for each in read.unread],
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def mark(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Put something along the route."""
    route = _route(desk, number)
    given = request.POST
    try:
        actions.add_mark(
            route=route, kind=given.get("kind", ""), name=given.get("name", ""),
            from_km=_km(given.get("from_km", "")) or 0.0, to_km=_km(given.get("to_km", "")),
            side=given.get("side", ""), note=given.get("note", ""),
            capacity=_whole(given.get("capacity", "")), by=desk, now=utc_now(),
        )  # fmt: skip
    except RouteRefused as refusal:
        return _again(
            request,
            desk,
            route,
            refusal.code,
            about="mark",
            typed={key: given.get(key, "") for key in given},
        )
    return _back(desk, route)


def _km(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError as refusal:
        raise RouteRefused("from_km", "not_a_number") from refusal


def _whole(text: str) -> int | None:
    digits = text.replace("\u202f", "").replace(" ", "")
    if not digits:
        return None
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 8:
        raise RouteRefused("capacity", "not_a_number")
    return int(digits)


@require_POST
@at_desk(Right.DRAW)
def unmark(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponseBase:
    route = _route(desk, number)
    try:
        actions.remove_mark(route=route, mark=pk, by=desk, now=utc_now())
    except RouteNotHere as gone:
        raise Http404 from gone
    return _back(desk, route)


@require_GET
@at_desk(Right.EXPORT)
def gpx(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The route and its marks as GPX."""
    route = _route(desk, number)
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
    route = _route(desk, number)
    zone = ZoneInfo(desk.operation.time_zone)
    at, _is_now = _moment(request, desk)
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
    for group, things in _along(desk, queries.along(desk, route, at))["groups"]:
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


def _route(desk: Desk, number: int) -> Route:
    route = queries.route_numbered(desk, number)
    if route is None:
        raise Http404
    return route


def _back(desk: Desk, route: Route) -> HttpResponseBase:
    return redirect("layers:route", slug=desk.operation.slug, number=route.number)


def _again(
    request: HttpRequest,
    desk: Desk,
    route: Route,
    code: str,
    *,
    about: str,
    typed: dict[str, str],
) -> HttpResponse:
    view = queries.along(desk, route, utc_now())
    return _page(
        request, desk, route, {"route": route, "is_now": True, **_along(desk, view)},
        problem=REFUSALS.get(code, code), about=about, typed=typed,
    )  # fmt: skip


def _moment(request: HttpRequest, desk: Desk) -> tuple[datetime, bool]:
    """The moment asked for, and whether it is now."""
    text = request.GET.get("at", "")
    try:
        if text.endswith("Z") or "+" in text:
            return parse_rfc3339(text), False
        naive = datetime.fromisoformat(text)
        return naive.replace(tzinfo=ZoneInfo(desk.operation.time_zone)).astimezone(UTC), False
    except (ValueError, UnreadableTime, OverflowError):
        return utc_now(), True
