"""Opening a layer, changing what it is, ordering layers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.layers import (
    LayerRefused,
    archive_layer,
    create_layer,
    edit_layer,
    order_layers,
)
from vigie.mapping.queries.layers import layer_numbered
from vigie.operations.access import Desk
from vigie.web.ui.access import at_desk

FIELDS = ("name", "theme", "description", "audience", "editors")


@require_POST
@at_desk(Right.EDIT_LAYERS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    try:
        create_layer(
            **{key: request.POST[key] for key in FIELDS if key in request.POST},  # type: ignore[arg-type]
            by=desk, now=utc_now(),
        )  # fmt: skip
    except (LayerRefused, TypeError) as refusal:
        return HttpResponse(str(refusal), status=422)
    return redirect("layers:map", slug=desk.operation.slug)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def layer(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Change a layer, or put it away (`archive`)."""
    row = layer_numbered(desk, number)
    if row is None:
        raise Http404
    if "archive" in request.POST:
        archive_layer(layer=row, by=desk, now=utc_now())
    else:
        changes = {key: request.POST[key] for key in FIELDS if key in request.POST}
        try:
            edit_layer(layer=row, changes=changes, by=desk, now=utc_now())
        except LayerRefused as refusal:
            return HttpResponse(str(refusal), status=422)
    return redirect("layers:map", slug=desk.operation.slug)


@require_POST
@at_desk(Right.EDIT_LAYERS)
def order(request: HttpRequest, desk: Desk) -> JsonResponse:
    """`numbers`: layers from the top, separated by commas."""
    numbers = [int(n) for n in request.POST.get("numbers", "").split(",") if n.isdecimal()]
    order_layers(numbers=numbers, by=desk, now=utc_now())
    return JsonResponse({"code": "ordered"})
