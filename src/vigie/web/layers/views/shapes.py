"""What drawing asks the server: shapes made from shapes, places by name, posts to draw from."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.carving import CarvingRefused, hole, margin, split
from vigie.kernel.geojson import GeometryRefused, read_shape
from vigie.kernel.geometries import read_geometry
from vigie.operations.access import Desk
from vigie.triage.queries import places as known_places
from vigie.triage.queries.incidents import lead_here
from vigie.web.layers.refusals import shape_words
from vigie.web.layers.views.workspace import lead_facts
from vigie.web.ui.access import at_desk

BODY = 1_000_000
CHOICES = 8
_NUMBER = re.compile(r"(?:^|/lead/|[?&]post=|#)(\d{1,18})/?$")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`metres` asks for a margin, `by` to cut along it, `hole` for the area without that one."""

    geometry: dict[str, Any]
    metres: float | None = None
    by: dict[str, Any] | None = None
    hole: dict[str, Any] | None = None


@require_POST
@at_desk(Right.DRAW)
def shape(request: HttpRequest, desk: Desk) -> JsonResponse:
    """The shapes asked for; nothing is kept. `{geometry, metres}`, `{geometry, by}` or
    `{geometry, hole}`."""
    if len(request.body) > BODY:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        asked = msgspec.json.decode(request.body, type=Asked)
    except (msgspec.DecodeError, RecursionError):
        return JsonResponse({"code": "unreadable"}, status=400)
    try:
        made = [read_geometry(each).geometry for each in _made(asked)]
    except (CarvingRefused, GeometryRefused) as refusal:
        return JsonResponse({"code": refusal.code, "words": shape_words(refusal)}, status=422)
    return JsonResponse({"geometries": made})


def _made(asked: Asked) -> list[dict[str, Any]]:
    if asked.hole is not None:
        return [hole(read_geometry(asked.geometry).geometry, read_shape(asked.hole).geometry)]
    geometry = read_shape(asked.geometry).geometry
    if asked.by is not None:
        return split(geometry, read_shape(asked.by).geometry)
    return [margin(geometry, asked.metres or 0)]


@require_GET
@at_desk(Right.SEE_BOARD)
def places(request: HttpRequest, desk: Desk) -> JsonResponse:
    """Places whose name or postcode begins with `q`, those of the territory first."""
    text = request.GET.get("q", "").strip()[:80]
    found = known_places.choices(text, by=desk, lead=None, limit=CHOICES)
    return JsonResponse(
        {
            "places": [
                {"name": each.name, "hint": each.hint, "point": [each.lon, each.lat],
                 "precision_m": each.precision_m}
                for each in found
                if each.lon is not None and each.lat is not None
            ]
        }
    )  # fmt: skip


@require_GET
@at_desk(Right.SEE_BOARD)
def leads(request: HttpRequest, desk: Desk) -> JsonResponse:
    """The post of a number or of an address of this site, as a person pastes it."""
    found = _NUMBER.search(request.GET.get("q", "").strip()[:400])
    lead = lead_here(desk, int(found.group(1))) if found else None
    return JsonResponse({"lead": None if lead is None else lead_facts(desk, lead)})
