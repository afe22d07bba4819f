"""Addresses that belong to no room."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: the database answers and its schema is there (503 otherwise)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM journal_head LIMIT 1")
        database = "ok"
    except DatabaseError as error:
        database = type(error).__name__
    status = 200 if database == "ok" else 503
    return JsonResponse({"database": database}, status=status)
