"""The map people draw together: the layers one may see, and what the browser needs to work on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.models import Layer, LayerFeed
from vigie.mapping.queries.feeds import sources_of
from vigie.mapping.queries.layers import is_big, visible_layers
from vigie.mapping.vocabulary import (
    ASKED,
    AUDIENCES,
    EDITORS_WORDS,
    FAMILIES,
    SIGNS,
    TEMPLATES,
    THEMES,
)
from vigie.operations.access import Desk
from vigie.triage.queries.incidents import lead_here
from vigie.triage.vocabulary import CREDIBILITIES, RELIABILITIES
from vigie.web.layers.outside.words import mood_of
from vigie.web.layers.views import time
from vigie.web.layers.views.feed_tiles import pictures_of
from vigie.web.layers.views.grids import grids_part
from vigie.web.layers.views.release import release_part, states_of
from vigie.web.layers.views.tiles import tiles_url
from vigie.web.map.history import distance_words
from vigie.web.map.panel import PRECISIONS
from vigie.web.map.symbols import vocabulary
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_LAYERS)
def workspace(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The page, or for htmx its list of layers alone."""
    context = the_list(desk)
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return render(request, "layers/_list.html", context)
    context |= {
        "themes": list(THEMES.values()),
        "audiences": list(AUDIENCES.values()),
        "may_draw": desk.may(Right.DRAW),
        "may_print": desk.may(Right.EXPORT),
        "templates": [
            {"code": each.code, "label": each.label, "family": each.family, "sign": each.sign,
             "icon": SIGNS[each.sign].icon}
            for each in TEMPLATES.values()
            if each.code not in ("text", "arrow")
        ],
        "vocabulary": vocabulary(), **time.strip(desk, now=utc_now()),
        "workspace": _facts(desk) | {"lead": _lead(desk, request.GET.get("lead", ""))},
    }  # fmt: skip
    return render(request, "layers/workspace.html", context)


def the_list(desk: Desk) -> dict[str, Any]:
    """The list of layers, for people and for the browser."""
    rows = list(visible_layers(desk))
    archived = visible_layers(desk, archived=True) if desk.may(Right.EDIT_LAYERS) else ()
    sources = sources_of(desk)
    released = states_of(desk, rows)
    return {
        **release_part(desk),
        "layers": [
            {"row": row, "theme": THEMES.get(row.theme, THEMES["other"]),
             "audience": AUDIENCES[row.audience], "editable": editable(row, desk),
             "released": released.get(row.pk), **_outside(sources.get(row.pk))}
            for row in rows
        ],
        "layers_data": [
            {"number": row.number, "id": row.pk, "name": row.name, "theme": row.theme,
             "description": row.description, "audience": row.audience, "editors": row.editors,
             "origin": row.origin, "style": row.style, "shown": row.shown,
             "objects": row.objects_number, "changed": row.changed,
             "editable": editable(row, desk), **large(row, desk),
             **_from_outside(sources.get(row.pk), desk, row.number)}
            for row in rows
        ],
        "archived": list(archived),
        "may_edit": desk.may(Right.EDIT_LAYERS), "may_export": desk.may(Right.EXPORT),
    }  # fmt: skip


def _outside(source: LayerFeed | None) -> dict[str, Any]:
    """How the source of a layer from outside does, for the list."""
    return {} if source is None else {"source": source, "mood": mood_of(source, now=utc_now())}


def _from_outside(source: LayerFeed | None, desk: Desk, number: int) -> dict[str, Any]:
    """The same for the browser: its pictures, and whether what it shows is old."""
    if source is None:
        return {}
    return {
        "old": mood_of(source, now=utc_now()).old,
        "pictures": pictures_of(source, desk.operation.slug, number),
    }


def large(row: Layer, desk: Desk) -> dict[str, Any]:
    """Where the tiles of a big layer are, and the list of what stands in a box."""
    if not is_big(row):
        return {"tiles": None}
    layer = {"slug": desk.operation.slug, "number": row.number}
    first = reverse("layers:tile", kwargs=layer | {"z": 0, "x": 0, "y": 0})
    return {
        "tiles": tiles_url(row, first, desk.user),
        "here": reverse("layers:here", kwargs=layer),
    }


def editable(row: Layer, desk: Desk) -> bool:
    """Whether this person may draw on the layer."""
    if row.origin == "remote" or not desk.may(Right.DRAW):
        return False
    return row.editors == "team" or desk.may(Right.EDIT_LAYERS)


def _facts(desk: Desk) -> dict[str, Any]:
    slug = {"slug": desk.operation.slug}
    return {
        "bounds": territory(desk),
        "labels": reverse("map:labels", kwargs=slug),
        "changes": reverse("layers:changes", kwargs=slug),
        "edits": reverse("layers:edits", kwargs=slug),
        "device": reverse("layers:device", kwargs=slug),
        "here": reverse("live:here", kwargs=slug),
        "questions": reverse("layers:questions", kwargs=slug),
        "conflict": reverse("layers:conflict", kwargs={**slug, "pk": 0}),
        "past": reverse("layers:past", kwargs={**slug, "uid": UUID(int=0)}),
        "deleted": reverse("layers:deleted", kwargs=slug),
        "incidents": reverse("map:features", kwargs=slug),
        "incident": reverse("map:map", kwargs=slug),
        "measures": reverse("indicators:features", kwargs=slug),
        "places": reverse("layers:places", kwargs=slug) if desk.may(Right.SEE_BOARD) else None,
        "leads": reverse("layers:leads", kwargs=slug) if desk.may(Right.SEE_BOARD) else None,
        "shape": reverse("layers:shape", kwargs=slug),
        "order": reverse("layers:order", kwargs=slug),
        "open": reverse("layers:new", kwargs=slug),
        "layer": reverse("layers:layer", kwargs=slug | {"number": 0}),
        "object": reverse("layers:object", kwargs=slug | {"uid": UUID(int=0)}),
        "person": desk.user.pk if desk.user else None,
        "grids": grids_part(desk),
        "mayDraw": desk.may(Right.DRAW),
        "mayEdit": desk.may(Right.EDIT_LAYERS),
        "themes": {each.code: str(each.label) for each in THEMES.values()},
        "audiences": {each.code: str(each.label) for each in AUDIENCES.values()},
        "editors": {code: str(words) for code, words in EDITORS_WORDS.items()},
        "families": {code: str(words) for code, words in FAMILIES.items()},
        "signs": {
            each.code: {"label": str(each.label), "icon": each.icon} for each in SIGNS.values()
        },
        "templates": [
            {"code": each.code, "label": str(each.label), "shapes": each.shapes,
             "family": each.family, "sign": each.sign, "theme": each.theme, "asks": each.asks,
             "dash": each.dash, "width": each.width}
            for each in TEMPLATES.values()
        ],
        "asked": {
            each.code: {"label": str(each.label), "kind": each.kind, "unit": str(each.unit),
                        "proposals": [str(words) for words in each.proposals]}
            for each in ASKED.values()
        },
        "reliabilities": {code: str(words) for code, words in RELIABILITIES.items()},
        "credibilities": {str(code): str(words) for code, words in CREDIBILITIES.items()},
        "precisions": [[metres, distance_words(metres)] for metres in PRECISIONS],
    }  # fmt: skip


def _lead(desk: Desk, asked: str) -> dict[str, Any] | None:
    """The post somebody came from to draw what it says."""
    if not (asked.isascii() and asked.isdigit()) or not desk.may(Right.SEE_BOARD):
        return None
    found = lead_here(desk, int(asked))
    return None if found is None else lead_facts(desk, found)


def lead_facts(desk: Desk, lead: Any) -> dict[str, Any]:
    """A post in one line, and where it is when that is known."""
    return {
        "id": lead.pk,
        "text": lead.post.text[:280],
        "place": lead.place_name,
        "point": None if lead.lon is None or lead.lat is None else [lead.lon, lead.lat],
        "url": reverse("board:lead", kwargs={"slug": desk.operation.slug, "pk": lead.pk}),
    }
