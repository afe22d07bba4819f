"""Routes: opened from a GPX file, timed, and read along at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.actions import routes as actions
from vigie.mapping.actions.routes import RouteNotHere, RouteRefused
from vigie.mapping.models import Route
from vigie.mapping.queries import routes as queries
from vigie.mapping.routes.gpx import BYTES, GpxRefused, read_gpx
from vigie.mapping.routes.measuring import last_km, measured, rows_of
from vigie.mapping.routes.timetable import Unread, read_timetable
from vigie.operations.access import Desk
from vigie.web.layers.route_telling import along, moment_asked, route_here
from vigie.web.layers.route_words import KINDS, MARKS, REFUSALS, SIDES
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
    route = route_here(desk, number)
    at, is_now = moment_asked(request, desk)
    view = queries.along(desk, route, at)
    context: dict[str, Any] = {"route": route, "is_now": is_now, **along(desk, view)}
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


@require_GET
@at_desk(Right.SEE_LAYERS)
def along_geojson(request: HttpRequest, desk: Desk, number: int) -> JsonResponse:
    """The route, its head and tail and what lies along it, at `at`."""
    at, _is_now = moment_asked(request, desk)
    view = queries.along(desk, route_here(desk, number), at)
    return JsonResponse(queries.as_geojson(view), content_type="application/geo+json")


@require_GET
@at_desk(Right.SEE_LAYERS)
def on_the_map(request: HttpRequest, desk: Desk) -> JsonResponse:
    """All routes as they are at `at`, for the map of layers."""
    at, _is_now = moment_asked(request, desk)
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
    route = route_here(desk, number)
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
    route = route_here(desk, number)
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
        request, desk, route, {"route": route, "is_now": True, **along(desk, view)},
        about="timetable", unread=[(each, REFUSALS[each.code]) for each in read.unread],
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def mark(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Put something along the route."""
    route = route_here(desk, number)
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
    route = route_here(desk, number)
    try:
        actions.remove_mark(route=route, mark=pk, by=desk, now=utc_now())
    except RouteNotHere as gone:
        raise Http404 from gone
    return _back(desk, route)


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
        request, desk, route, {"route": route, "is_now": True, **along(desk, view)},
        problem=REFUSALS.get(code, code), about=about, typed=typed,
    )  # fmt: skip
