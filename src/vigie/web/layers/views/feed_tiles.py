"""Pictures of layers from outside: our server fetches a tile for who may see the layer, so that no
other server learns who looks where, and browsers ask nobody but us (ADR 0021)."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.contracts.ports import FetchError
from vigie.kernel.clock import utc_now
from vigie.mapping.feeds import kept
from vigie.mapping.models import LayerFeed
from vigie.mapping.queries.feeds import feed_of
from vigie.operations.access import Desk
from vigie.web.layers.outside.fetching import FETCHER, Busy
from vigie.web.ui.access import at_desk

DEEPEST: Final = 24
EMPTY: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000b49444154789c6360000200000500017a5eab3f0000000049454e44ae42"
    "6082"
)
"""A transparent pixel: there is no picture there."""


@require_GET
@at_desk(Right.SEE_LAYERS)
def tile(request: HttpRequest, desk: Desk, number: int, z: int, x: int, y: int) -> HttpResponse:
    """One tile of a source of pictures, from what is kept or from its server."""
    row = feed_of(desk, number)
    if row is None or not row.facts or z > DEEPEST or max(x, y) >> z:
        raise Http404
    now, where = utc_now(), (z, x, y)
    held = kept.found(row, where, now=now)
    if held is None:
        address = kept.address_of(row, where)
        if address is None:
            return _answer(EMPTY, "image/png", row)
        try:
            answer = FETCHER.get(row.pk, address)
        except Busy:
            return _failed(503)
        except FetchError:
            return _failed(504)
        if answer.status in (204, 404):
            return _answer(EMPTY, "image/png", row)
        if answer.status != 200:
            return _failed(502)
        try:
            held = answer.body, kept.keep(row, where, answer.body, now=now)
        except kept.NoPicture:
            return _failed(502)
    return _answer(*held, row)


def pictures_of(row: LayerFeed, slug: str, number: int) -> dict[str, object] | None:
    """What the browser needs to draw its pictures; None for a source of objects or one never read."""
    if not row.facts:
        return None
    first = reverse(
        "layers:picture", kwargs={"slug": slug, "number": number, "z": 0, "x": 0, "y": 0}
    )
    facts = row.facts
    return {
        "tiles": first.removesuffix("0/0/0") + "{z}/{x}/{y}",
        "size": facts["side"], "min": facts["min_zoom"], "max": facts["max_zoom"],
        "bounds": facts["bounds"], "attribution": facts["attribution"],
        "opacity": row.options.get("opacity", 1), "every": row.interval_s,
        "turn": kept.period(row, now=utc_now()),
    }  # fmt: skip


def _answer(body: bytes, kind: str, row: LayerFeed) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer["Cache-Control"] = f"private, max-age={min(row.interval_s, 3_600)}"
    answer["Content-Disposition"] = "inline"
    return answer


def _failed(status: int) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Cache-Control"] = "no-store"
    return answer
