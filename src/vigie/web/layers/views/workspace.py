"""The map people draw together: the layers one may see, and what the browser needs to work on them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from vigie.accounts.roles import Right
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.vocabulary import AUDIENCES, TEMPLATES, THEMES
from vigie.operations.access import Desk
from vigie.web.map.symbols import vocabulary
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_LAYERS)
def workspace(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The page, or for htmx its list of layers alone."""
    rows = list(visible_layers(desk))
    context: dict[str, Any] = {
        "layers": rows, "themes": list(THEMES.values()), "audiences": list(AUDIENCES.values()),
        "may_draw": desk.may(Right.DRAW), "may_edit": desk.may(Right.EDIT_LAYERS),
    }  # fmt: skip
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return render(request, "layers/_list.html", context)
    slug = {"slug": desk.operation.slug}
    context |= {
        "vocabulary": vocabulary(),
        "workspace": {
            "bounds": territory(desk),
            "labels": reverse("map:labels", kwargs=slug),
            "changes": reverse("layers:changes", kwargs=slug),
            "edits": reverse("layers:edits", kwargs=slug),
            "person": desk.user.pk if desk.user else None,
            "mayDraw": desk.may(Right.DRAW),
            "layers": [
                {"number": row.number, "id": row.pk, "name": row.name, "theme": row.theme,
                 "audience": row.audience, "origin": row.origin, "style": row.style,
                 "shown": row.shown, "objects": row.objects_number, "changed": row.changed,
                 "editable": row.origin != "remote" and desk.may(Right.DRAW)
                 and (row.editors == "team" or desk.may(Right.EDIT_LAYERS))}
                for row in rows
            ],
            "templates": [
                {"code": each.code, "label": str(each.label), "shapes": each.shapes,
                 "family": each.family, "sign": each.sign, "asks": each.asks}
                for each in TEMPLATES.values()
            ],
        },
    }  # fmt: skip
    return render(request, "layers/workspace.html", context)
