"""Opening a layer, changing what it is and how it looks, ordering layers, putting them away."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.layers import (
    LayerRefused,
    archive_layer,
    create_layer,
    edit_layer,
    order_layers,
    restore_layer,
)
from vigie.mapping.models import Layer
from vigie.mapping.queries.layers import layer_numbered, visible_layers
from vigie.mapping.vocabulary import AUDIENCES, EDITORS_WORDS, THEMES
from vigie.operations.access import Desk
from vigie.web.layers.refusals import refusal_words
from vigie.web.ui.access import at_desk

FIELDS = ("name", "theme", "description", "audience", "editors")


@require_POST
@at_desk(Right.EDIT_LAYERS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Open a layer. A script (`Accept: application/json`) is told its number."""
    given = {key: request.POST[key] for key in FIELDS if key in request.POST}
    wants_json = "json" in request.headers.get("Accept", "")
    try:
        made = create_layer(
            name=given.get("name", ""), theme=given.get("theme", "other"),
            description=given.get("description", ""), audience=given.get("audience", "team"),
            editors=given.get("editors", "team"), by=desk, now=utc_now(),
        )  # fmt: skip
    except LayerRefused as refusal:
        words = refusal_words(refusal)
        if wants_json:
            return JsonResponse({"code": refusal.code, "words": words}, status=422)
        return render(request, "layers/refused.html", {"words": words}, status=422)
    if wants_json:
        return JsonResponse({"number": made.number}, status=201)
    return redirect("layers:map", slug=desk.operation.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk(Right.EDIT_LAYERS)
def layer(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Its settings, for the panel; or change some of them, put it away (`archive`) or bring it back
    (`restore`)."""
    row = _found(desk, number, archived="restore" in request.POST)
    if request.method != "POST":
        return render(request, "layers/layer.html", _settings(row))
    now = utc_now()
    if "archive" in request.POST:
        archive_layer(layer=row, by=desk, now=now)
        return _done(request, desk)
    if "restore" in request.POST:
        restore_layer(layer=row, by=desk, now=now)
        return _done(request, desk)
    changes: dict[str, Any] = {key: request.POST[key] for key in FIELDS if key in request.POST}
    if "shown" in request.POST:
        changes["shown"] = request.POST["shown"] == "yes"
    try:
        if "style" in request.POST:
            changes["style"] = _style(request.POST["style"])
        row = edit_layer(layer=row, changes=changes, by=desk, now=now)
    except LayerRefused as refusal:
        return JsonResponse(
            {"code": refusal.code, "field": refusal.field, "where": refusal.where,
             "words": refusal_words(refusal)},
            status=422,
        )  # fmt: skip
    return JsonResponse({"code": "saved", "version": row.version})


def _found(desk: Desk, number: int, *, archived: bool) -> Layer:
    if archived:
        row = visible_layers(desk, archived=True).filter(number=number).first()
    else:
        row = layer_numbered(desk, number)
    if row is None:
        raise Http404
    return row


def _settings(row: Layer) -> dict[str, Any]:
    return {
        "layer": row, "title": row.name, "themes": list(THEMES.values()),
        "audiences": list(AUDIENCES.values()), "editors": list(EDITORS_WORDS.items()),
    }  # fmt: skip


def _style(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as broken:
        raise LayerRefused("style", "unknown") from broken


def _done(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("layers:map", slug=desk.operation.slug)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def order(request: HttpRequest, desk: Desk) -> JsonResponse:
    """`numbers`: layers from the top, separated by commas."""
    numbers = [int(n) for n in request.POST.get("numbers", "").split(",") if n.isdecimal()]
    order_layers(numbers=numbers, by=desk, now=utc_now())
    return JsonResponse({"code": "ordered"})
