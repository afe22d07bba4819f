"""Addresses that belong to no room."""

from __future__ import annotations

import time

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition
from django.views.i18n import JavaScriptCatalog

from vigie.collection import overview
from vigie.kernel.clock import utc_now

STARTED = time.time_ns()


def _catalogue_tag(request: HttpRequest) -> str:
    """Changes with the language and with every start of the process, which reads catalogues once."""
    return f'"{get_language()}-{STARTED}"'


catalogue = cache_control(private=True, max_age=300)(
    condition(etag_func=_catalogue_tag)(JavaScriptCatalog.as_view())
)
"""The words of the scripts; its address carries the language, so that a change shows at once."""


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: the database answers and its schema is there (503 otherwise).

    `stream` names the engine between collectors and pipeline; `collectors` counts enabled sources
    and those that a collector holds at this moment.
    """
    state: dict[str, object] = {"database": "ok", "stream": "in process"}
    try:
        state["collectors"] = overview.held(now=utc_now())
    except DatabaseError as error:
        state["database"] = type(error).__name__
    return JsonResponse(state, status=200 if state["database"] == "ok" else 503)
