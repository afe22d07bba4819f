"""Addresses that belong to no room."""

from __future__ import annotations

import time

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition
from django.views.i18n import JavaScriptCatalog

from vigie.collection import failed, overview
from vigie.kernel.clock import utc_now
from vigie.pipeline import installed

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

    `stream` tells of what lies between collectors and pipeline (a stream out of reach leaves the
    screens usable: 200); `collectors` counts enabled sources and those that a collector holds.
    """
    state: dict[str, object] = {"database": "ok", "stream": _stream()}
    try:
        state["collectors"] = overview.held(now=utc_now())
        state["failed_batches"] = failed.counts().waiting
    except DatabaseError as error:
        state["database"] = type(error).__name__
    return JsonResponse(state, status=200 if state["database"] == "ok" else 503)


def _stream() -> object:
    found = installed.look()
    if found.engine == "in_process":
        return "in process"
    if found.status is None:
        return {"state": found.code, "detail": found.detail}
    status = found.status
    return {
        "state": "ok", "waiting": status.waiting, "in_hand": status.in_hand,
        "full": round(status.fullness, 3),
    }  # fmt: skip
