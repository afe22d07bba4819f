"""Grids of an operation: the list, what one would be cut into, opening and changing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.grids import (
    GridRefused,
    close_grid,
    edit_grid,
    open_grid,
    reopen_grid,
)
from vigie.mapping.cutting import RESOLUTIONS, TooManyCells
from vigie.mapping.models import Grid
from vigie.mapping.queries import grids as reading
from vigie.mapping.queries.ground import Choice, GroundMissing, cut, ground
from vigie.operations.access import Desk
from vigie.web.layers import grid_words
from vigie.web.ui.access import at_desk

NUMBERS = ("hold_minutes", "recheck_hours", "blind_hours")


@require_GET
@at_desk(Right.SEE_TEAM_LAYERS)
def grids(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The grids, and the form of a new one for who may open it."""
    return render(request, "layers/grids.html", _list(desk))


@require_GET
@at_desk(Right.EDIT_LAYERS)
def preview(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How many cells what is chosen would give, or why none; a fragment."""
    try:
        made = cut(desk, choice_of(request.GET))
    except (GroundMissing, TooManyCells) as refusal:
        return render(request, "layers/_grid_preview.html", {"refusal": grid_words.why(refusal)})
    context = {
        "cells": grid_words.cells(len(made)), "n": len(made), "names": [c.name for c in made[:8]],
        "unplaced": [c.name for c in made if c.geometry is None],
    }  # fmt: skip
    return render(request, "layers/_grid_preview.html", context)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Open a grid; refused, the form comes back as it was filled in, with the reason."""
    try:
        grid = open_grid(
            choice=choice_of(request.POST), values=values_of(request.POST), by=desk, now=utc_now()
        )
    except (GroundMissing, TooManyCells, GridRefused) as refusal:
        context = _list(desk, request.POST) | {"refusal": grid_words.why(refusal)}
        return render(request, "layers/grids.html", context, status=422)
    return redirect("layers:grid", slug=desk.operation.slug, number=grid.number)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Change a grid, close it (`close`) or open it again (`reopen`)."""
    grid = grid_here(desk, number)
    try:
        if "close" in request.POST:
            close_grid(grid=grid, by=desk, now=utc_now())
        elif "reopen" in request.POST:
            reopen_grid(grid=grid, by=desk, now=utc_now())
        else:
            edit_grid(grid=grid, values=values_of(request.POST), by=desk, now=utc_now())
    except GridRefused as refusal:
        return HttpResponse(grid_words.why(refusal), status=422)
    return redirect("layers:grid", slug=desk.operation.slug, number=grid.number)


def grids_part(desk: Desk) -> dict[str, Any] | None:
    """What the map room needs of grids: the way to them, and the latest one's cells."""
    if not desk.may(Right.SEE_TEAM_LAYERS):
        return None
    slug = {"slug": desk.operation.slug}
    latest = reading.grids(desk).first()
    cells = None
    if latest is not None:
        url = reverse("layers:grid_features", kwargs=slug | {"number": latest.number})
        cells = {"name": latest.name, "grid": latest.pk, "features": url}
    return {"url": reverse("layers:grids", kwargs=slug), "latest": cells}


def grid_here(desk: Desk, number: int) -> Grid:
    grid = reading.grid_numbered(desk, number)
    if grid is None:
        raise Http404
    return grid


def choice_of(data: QueryDict) -> Choice:
    """What a form chose. What cannot be read is as if it were not chosen."""
    kind = data.get("kind", "communes")
    piece = _decimal(data.get("piece_km" if kind == "line" else "reach_km", ""))
    resolution = data.get("resolution", "")
    return Choice(
        kind=kind,
        resolution=int(resolution) if resolution.isdecimal() and len(resolution) < 3 else 7,
        area=_uid(data.get("area", "")), line=_uid(data.get("line", "")),
        reaches=tuple(int(n) for n in data.getlist("reach") if n.isdecimal() and len(n) < 19),
        piece_km=piece, start_km=_decimal(data.get("start_km", "")) or 0.0,
    )  # fmt: skip


def values_of(data: QueryDict) -> dict[str, Any]:
    """Name, instruction and times of a form; times that were left empty are as usual."""
    values: dict[str, Any] = {key: data[key] for key in ("name", "instruction") if key in data}
    for key in NUMBERS:
        text = data.get(key, "").strip()
        if text.isdecimal() and len(text) < 6:
            values[key] = int(text)
        elif key == "recheck_hours" and key in data:
            values[key] = None
    return values


def _list(desk: Desk, filled: QueryDict | None = None) -> dict[str, Any]:
    now = utc_now()
    may_edit = desk.may(Right.EDIT_LAYERS)
    return {
        "grids": [
            (grid, reading.board(desk, grid, now=now).coverage) for grid in reading.grids(desk)
        ],
        "closed": list(reading.grids(desk, closed=True)),
        "may_edit": may_edit,
        "ground": ground(desk) if may_edit else None,
        "kinds": grid_words.KINDS.items(),
        "sizes": [(each, grid_words.SIZES[each]) for each in RESOLUTIONS],
        "filled": filled or {},
        "chosen_kind": "communes" if filled is None else filled.get("kind", "communes"),
        "preview_url": reverse("layers:grid_preview", kwargs={"slug": desk.operation.slug}),
        "instruction": _(
            "Posts and photos of the last hours, webcams of the town and of the roads. If nothing"
            " comes from there, ask the coordinator for a call to the town hall."
        ),
    }


def _decimal(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value < 100_000 else None


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
