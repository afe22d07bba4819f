"""Questions, what was deleted, and the past of an object: fragments beside the map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.mapping.actions.edits import seen_all
from vigie.mapping.models import Conflict
from vigie.mapping.queries.features import feature_of
from vigie.mapping.queries.layers import layer_names
from vigie.mapping.queries.past import Version, deleted_objects, open_questions, versions_of
from vigie.mapping.values import current
from vigie.operations.access import Desk
from vigie.web.layers.field_words import field_word, object_word, value_words
from vigie.web.ui.access import at_desk


@require_GET
@at_desk(Right.SEE_LAYERS)
def questions(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What waits for a choice, both versions side by side."""
    layers = layer_names(desk)
    rows = [_question(row, desk.user, layers) for row in open_questions(desk)]
    return render(
        request,
        "layers/together/_questions.html",
        {"questions": rows, "may_draw": desk.may(Right.DRAW)},
    )


def _question(row: Conflict, me: User | None, layers: Mapping[int, str]) -> dict[str, Any]:
    kept, offered = current(row.feature).get(row.field), row.offered
    drawn = row.field == "geometry"
    return {
        "row": row,
        "object": object_word(row.feature),
        "field": field_word(row.field),
        "kept": value_words(row.field, kept, layers),
        "offered": value_words(row.field, offered, layers),
        "kept_shape": json.dumps(kept if drawn else row.feature.geometry),
        "offered_shape": json.dumps(offered if drawn else None),
        "mine": "kept" if _is(row.kept_by, me) else "offered" if _is(row.offered_by, me) else "",
    }


def _is(one: User | None, other: User | None) -> bool:
    return one is not None and one == other


@require_GET
@at_desk(Right.SEE_LAYERS)
def deleted(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Objects that were deleted; each can be brought back."""
    rows = [
        {"row": row, "object": object_word(row), "stamps": json.dumps(seen_all(row))}
        for row in deleted_objects(desk)
    ]
    context = {"rows": rows, "may_draw": desk.may(Right.DRAW)}
    return render(request, "layers/together/_deleted.html", context)


@require_GET
@at_desk(Right.SEE_LAYERS)
def past(request: HttpRequest, desk: Desk, uid: UUID) -> HttpResponse:
    """Who changed what of an object and when, the newest first."""
    row = feature_of(desk, uid)
    if row is None:
        raise Http404
    layers = layer_names(desk)
    return render(
        request,
        "layers/together/_past.html",
        {
            "versions": [_version(each, layers) for each in versions_of(row)],
            "object": object_word(row),
            "uid": row.uid,
            "stamps": json.dumps(seen_all(row)),
            "may_draw": desk.may(Right.DRAW),
        },
    )


def _version(each: Version, layers: Mapping[int, str]) -> dict[str, Any]:
    return {
        "number": each.number, "at": each.at, "by": each.by, "first": each.first,
        "changes": [
            {"field": field_word(name), "before": value_words(name, told[0], layers),
             "after": value_words(name, told[1], layers), "drawn": name == "geometry"}
            for name, told in each.changes.items()
        ],
        "asked": [
            {"field": field_word(name), "offered": value_words(name, value, layers)}
            for name, value in each.asked.items()
        ],
        "back": json.dumps(each.back) if each.back else "",
        "shape": json.dumps(each.geometry) if each.first or "geometry" in each.changes else "",
    }  # fmt: skip
