"""Giving out kept attachments: only to who may see the board of an operation that has the post."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.queries import lead_detail
from vigie.triage.queries.leads import UnknownLead
from vigie.web.ui.access import at_desk

A_DAY_S = 86_400
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
"""Pictures of imports keep their form; all others are WebP."""


@at_desk(Right.SEE_BOARD)
def media(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The re-encoded picture (WebP). Kept by this person's browser only, for a day."""
    try:
        found = lead_detail.media_of(media=pk, by=desk)
    except UnknownLead as unknown:
        raise Http404 from unknown
    return picture(found.blob)


def picture(blob: str) -> HttpResponse:
    """The kept picture of that name, for one browser. 404 when it is not there."""
    store = Path(settings.VIGIE_BLOBS).resolve()
    path = (store / blob).resolve()
    if not blob or not path.is_relative_to(store) or not path.is_file():
        raise Http404
    answer = HttpResponse(path.read_bytes(), content_type=_KINDS.get(path.suffix, "image/webp"))
    answer["Cache-Control"] = f"private, max-age={A_DAY_S}, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
