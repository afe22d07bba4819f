"""What the map and the server say to each other: changes out, edits in, questions answered."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.edits import Edit, TooManyEdits, apply_edits
from vigie.mapping.actions.layers import LayerNotHere
from vigie.mapping.actions.questions import ConflictNotHere, choose
from vigie.mapping.queries import features
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.web.ui.access import at_desk

BODY: Final = 5_000_000
"""Bytes of one batch at most."""


class EditIn(msgspec.Struct, frozen=True, kw_only=True):
    """An edit as the browser sends it; see `mapping.actions.edits.Edit`."""

    edit: UUID
    feature: UUID
    set: dict[str, Any]
    base: dict[str, int] = {}
    create: bool = False
    layer: int | None = None


def _is_another(request: HttpRequest) -> bool:
    """Whether the page was opened by another person than the one who is signed in now: what they
    drew is theirs, and what they see is not for them."""
    page = request.headers.get("X-Vigie-Person", "")
    return bool(page) and page != str(request.user.pk)


class EditsIn(msgspec.Struct, frozen=True, kw_only=True):
    edits: list[EditIn]


@require_GET
@at_desk(Right.SEE_LAYERS)
def changes(request: HttpRequest, desk: Desk) -> JsonResponse:
    """Objects of the layers asked for (`layers=1,4`; all without), or what changed `since` an entry."""
    if _is_another(request):
        return JsonResponse({"code": "another_person"}, status=409)
    asked = {int(n) for n in request.GET.get("layers", "").split(",") if n.isdecimal()}
    rows = [row for row in visible_layers(desk) if not asked or row.number in asked]
    since = request.GET.get("since", "")
    found = features.changes(
        desk, rows, since=int(since) if since.isdecimal() and len(since) < 19 else None
    )
    return JsonResponse(found.as_geojson(), content_type="application/geo+json")


@require_POST
@at_desk(Right.DRAW)
def edits(request: HttpRequest, desk: Desk) -> JsonResponse:
    """Take in a batch of edits; answers what became of each and the objects it touched, as they stand
    now: their author needs not ask for them."""
    if _is_another(request):
        return JsonResponse({"code": "another_person"}, status=409)
    try:
        if len(request.body) > BODY:
            return JsonResponse({"code": "too_large"}, status=413)
    except RequestDataTooBig:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        asked = msgspec.json.decode(request.body, type=EditsIn)
    except (msgspec.DecodeError, RecursionError):
        return JsonResponse({"code": "unreadable"}, status=400)
    try:
        done = apply_edits(
            edits=[
                Edit(
                    edit=each.edit, feature=each.feature, set=each.set, base=each.base,
                    create=each.create, layer=each.layer,
                )
                for each in asked.edits
            ],
            by=desk,
            now=utc_now(),
        )  # fmt: skip
    except TooManyEdits:
        return JsonResponse({"code": "too_many"}, status=413)
    told = {each.feature for each in done.outcomes if each.status != "refused"}
    standing, gone = features.told_of(desk, told)
    return JsonResponse(
        {
            "seq": done.seq,
            "features": standing,
            "gone": gone,
            "outcomes": [
                {"edit": str(each.edit), "feature": str(each.feature), "status": each.status,
                 "written": each.written, "asked": each.asked, "code": each.code,
                 "field": each.field, "stamp": each.stamp}
                for each in done.outcomes
            ],
        }
    )  # fmt: skip


@require_POST
@at_desk(Right.DRAW)
def conflict(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    """Answer a question: `choice` is kept or offered."""
    try:
        choose(conflict=pk, choice=request.POST.get("choice", ""), by=desk, now=utc_now())
    except (ConflictNotHere, LayerNotHere) as gone:
        raise Http404 from gone
    except ValueError:
        return JsonResponse({"code": "unknown"}, status=400)
    return JsonResponse({"code": "settled"})
