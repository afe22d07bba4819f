"""One grid: its map and table, the wall, a cell, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.actions import cells as actions
from vigie.mapping.actions.cells import CellNotHere, CellTaken, Found, GridClosed
from vigie.mapping.actions.grids import GridRefused
from vigie.mapping.models import Grid
from vigie.mapping.queries import grids as reading
from vigie.mapping.queries.grids import CellRow
from vigie.operations.access import Desk
from vigie.web.layers import grid_words
from vigie.web.layers.views.grids import grid_here
from vigie.web.map.symbols import vocabulary
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk

TRIES = 5
"""Times the next cell is looked for when others take it first."""


@require_GET
@at_desk(Right.SEE_TEAM_LAYERS)
def grid(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """The page of a grid; for htmx its table alone."""
    row = grid_here(desk, number)
    state = request.GET.get("state", "")
    context = _shown(desk, row, utc_now(), state if state in (*grid_words.STATES, "blind") else "")
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        answer = render(request, "layers/_grid_board.html", context)
    else:
        answer = render(request, "layers/grid.html", context | _map(desk, row))
    patch_vary_headers(answer, ("HX-Request",))
    return answer


@require_GET
@at_desk(Right.SEE_TEAM_LAYERS)
def wall(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Who has what and where nobody looks, to be read from five metres."""
    row = grid_here(desk, number)
    context = _shown(desk, row, utc_now(), "")
    if request.headers.get("HX-Request"):
        return render(request, "layers/_grid_wall.html", context)
    return render(request, "layers/grid_wall.html", context | _map(desk, row))


@require_GET
@at_desk(Right.SEE_TEAM_LAYERS)
def features(request: HttpRequest, desk: Desk, number: int) -> JsonResponse:
    """The cells as GeoJSON, with how each stands; `changes_at` is when one changes by itself."""
    shown = reading.board(desk, grid_here(desk, number), now=utc_now())
    me = desk.user.pk if desk.user else None
    collection = {
        "type": "FeatureCollection",
        "changes_at": None if shown.changes_at is None else rfc3339(shown.changes_at),
        "features": [
            {
                "type": "Feature", "id": row.cell.position, "geometry": row.cell.geometry,
                "properties": {
                    "position": row.cell.position, "name": row.cell.name, "state": row.state,
                    "holders": ", ".join(each.name for each in row.holders),
                    "mine": any(each.person == me for each in row.holders),
                    "posts": row.posts, "official": row.official, "blind": row.blind,
                    "point": [row.cell.lon, row.cell.lat],
                    "said": _said(row),
                },
            }
            for row in shown.rows
            if row.cell.geometry is not None
        ],
    }  # fmt: skip
    return JsonResponse(collection, content_type="application/geo+json")


@require_GET
@at_desk(Right.SEE_TEAM_LAYERS)
def cell(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    """One cell beside its grid; asked by the address bar, the grid with it opened."""
    row = grid_here(desk, number)
    now = utc_now()
    context = _cell(desk, row, position, now)
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        answer = render(request, "layers/_cell.html", context)
    else:
        answer = render(
            request, "layers/grid.html", _shown(desk, row, now, "") | _map(desk, row) | context
        )
    patch_vary_headers(answer, ("HX-Request",))
    return answer


@require_POST
@at_desk(Right.DRAW)
def take(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    """Take a cell or prolong one's hold; with `join`, also beside somebody."""
    join = "join" in request.POST
    return _gesture(
        request, desk, number, position,
        lambda row, now: actions.take(grid=row, position=position, by=desk, now=now, join=join),
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def release(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    return _gesture(
        request, desk, number, position,
        lambda row, now: actions.release(grid=row, position=position, by=desk, now=now),
    )  # fmt: skip


@require_POST
@at_desk(Right.EDIT_LAYERS)
def free(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    """Give it back for whoever has it."""
    return _gesture(
        request, desk, number, position,
        lambda row, now: actions.free(grid=row, position=position, by=desk, now=now),
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def finish(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    """What was found: `outcome`, `note`, `incident` (numbers), `object` (ids)."""
    data = request.POST
    typed = data.get("incident_numbers", "").replace(",", " ").split()
    numbers = {int(n) for n in (*data.getlist("incident"), *typed) if n.isdecimal() and len(n) < 9}
    uids = [UUID(each) for each in data.getlist("object") if len(each) == 36]
    found = Found(
        outcome=data.get("outcome", ""), note=data.get("note", ""), incidents=sorted(numbers),
        features=uids,
    )  # fmt: skip
    return _gesture(
        request, desk, number, position,
        lambda row, now: actions.finish(
            grid=row, position=position, found=found, by=desk, now=now
        ),
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def recheck(request: HttpRequest, desk: Desk, number: int, position: int) -> HttpResponseBase:
    """Ask for another look, with a `reason`."""
    reason = request.POST.get("reason", "")
    return _gesture(
        request, desk, number, position,
        lambda row, now: actions.ask_recheck(
            grid=row, position=position, reason=reason, by=desk, now=now
        ),
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def next_one(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Take the most urgent cell that is free, the nearest to `lon`/`lat` of those."""
    row = grid_here(desk, number)
    near = _near(request)
    for _try in range(TRIES):
        now = utc_now()
        position = reading.next_cell(desk, row, now=now, near=near)
        if position is None:
            break
        try:
            actions.take(grid=row, position=position, by=desk, now=now)
        except CellTaken:
            continue
        except GridClosed:
            break
        return _answer(request, desk, row, position, said="")
    context = {"grid": row, "closed": row.closed_at is not None}
    return render(request, "layers/_cell_none.html", context)


def _gesture(
    request: HttpRequest, desk: Desk, number: int, position: int,
    run: Callable[[Grid, datetime], Any],
) -> HttpResponseBase:  # fmt: skip
    """Do it, then show the cell as it stands, with the reason when it was refused."""
    row = grid_here(desk, number)
    said = ""
    try:
        run(row, utc_now())
    except CellNotHere as gone:
        raise Http404 from gone
    except CellTaken:
        said = _("Somebody took this cell first. You may join them or take another one.")
    except GridClosed:
        said = _("This grid is closed: its cells are not shared out any more.")
    except GridRefused as refusal:
        said = grid_words.why(refusal)
    except ValueError:
        said = _("An object could not be read. Nothing was written: tick it again.")
    return _answer(request, desk, row, position, said=said)


def _answer(
    request: HttpRequest, desk: Desk, row: Grid, position: int, *, said: str
) -> HttpResponseBase:
    if not request.headers.get("HX-Request"):
        return redirect(
            "layers:cell", slug=desk.operation.slug, number=row.number, position=position
        )
    context = _cell(desk, row, position, utc_now()) | {"said": said}
    return render(request, "layers/_cell.html", context, status=422 if said else 200)


def _near(request: HttpRequest) -> tuple[float, float] | None:
    try:
        lon, lat = float(request.POST["lon"]), float(request.POST["lat"])
    except (KeyError, ValueError):
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _shown(desk: Desk, row: Grid, now: datetime, state: str) -> dict[str, Any]:
    shown = reading.board(desk, row, now=now)
    rows = [
        (each, grid_words.STATES[each.state])
        for each in shown.rows
        if not state or each.state == state or (state == "blind" and each.blind)
    ]
    counts = shown.coverage.states
    return {
        "grid": row, "shown": shown, "rows": rows, "state": state,
        "states": [(term, counts[code]) for code, term in grid_words.STATES.items()],
        "ages": [(label, shown.coverage.ages[code]) for code, label in grid_words.AGES.items()],
        "kind_words": grid_words.KINDS.get(row.kind, row.kind),
        "may_draw": desk.may(Right.DRAW), "may_edit": desk.may(Right.EDIT_LAYERS),
    }  # fmt: skip


def _map(desk: Desk, row: Grid) -> dict[str, Any]:
    slug = {"slug": desk.operation.slug}
    bounds = territory(desk)
    boxes = [
        each
        for each in row.cells.values_list("west", "south", "east", "north")
        if each[0] is not None
    ]
    if boxes:
        west, south, east, north = zip(*boxes, strict=True)
        bounds = [min(west), min(south), max(east), max(north)]
    return {
        "vocabulary": vocabulary(),
        "map_data": {
            "bounds": bounds, "labels": reverse("map:labels", kwargs=slug), "grid": row.pk,
            "features": reverse("layers:grid_features", kwargs=slug | {"number": row.number}),
        },
    }  # fmt: skip


def _cell(desk: Desk, row: Grid, position: int, now: datetime) -> dict[str, Any]:
    found = reading.cell_at(desk, row, position)
    if found is None:
        raise Http404
    shown = reading.board(desk, row, now=now)
    standing = next(each for each in shown.rows if each.cell.position == position)
    me = desk.user.pk if desk.user else None
    mine = next((each for each in standing.holders if each.person == me), None)
    open_pass = next(
        (each for each in found.passes.all() if each.user_id == me and each.ended_at is None), None
    )
    incidents, objects = (
        reading.finds_in(desk, found, since=open_pass.taken_at) if open_pass else ([], [])
    )
    return {
        "grid": row, "cell": found, "row": standing, "term": grid_words.STATES[standing.state],
        "mine": mine, "open_pass": open_pass, "others": [h for h in standing.holders if h is not mine],
        "incidents": incidents, "objects": objects, "now": now,
        "passes": [
            (each, grid_words.OUTCOMES.get(each.outcome), each.ended_at is None and each.held_until <= now)
            for each in found.passes.all()
        ],
        "official": grid_words.COLOURS[standing.official],
        "may_draw": desk.may(Right.DRAW), "may_edit": desk.may(Right.EDIT_LAYERS),
    }  # fmt: skip


def _said(row: CellRow) -> str:
    """What stands beside the cell on the map: its name and a sign of its state."""
    signs = {"taken": "◐", "found": "⚑", "nothing": "✓", "recheck": "↻"}
    return " ".join(part for part in (row.cell.name, signs.get(row.state, "")) if part)
