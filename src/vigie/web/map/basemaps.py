"""What lies below the map: the list for the browser, and the tiles of packs.

Tiles are read here rather than by the browser out of the file (ADR 0020): each is a whole answer that
caches keep, the printed sheet reads the same, and a pack's file is never handed out.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.urls import reverse
from django.views.decorators.http import require_GET

from vigie.mapping.basemaps.archive import PackUnreadable, unpacked
from vigie.mapping.basemaps.known import Basemap
from vigie.mapping.queries.basemaps import Pack, offered, pack_named

YEAR_S = 31_536_000
HOUR_S = 3_600


def shown() -> list[dict[str, Any]]:
    """The base maps the browser can show, in the order in which they are tried; `outside`: tiles come
    from another machine; `box`: where it has any (west, south, east, north)."""
    return [
        _of_pack(each) if isinstance(each, Pack) else _of_server(each)
        for each in offered()
        if not isinstance(each, Pack) or each.archive.facts.drawable
    ]


def _of_server(each: Basemap) -> dict[str, Any]:
    return {
        "code": each.code, "label": str(each.label), "tiles": each.address, "kind": "raster",
        "min": 0, "max": each.max_zoom, "box": None, "attribution": each.attribution,
        "night": each.night, "outside": True, "named": each.names_us,
    }  # fmt: skip


def _of_pack(pack: Pack) -> dict[str, Any]:
    facts = pack.archive.facts
    first = reverse("basemaps:tile", kwargs={"code": pack.code, "z": 0, "x": 0, "y": 0})
    photos = facts.mime == "image/jpeg"
    return {
        "code": pack.code, "label": facts.name,
        "tiles": f"{first.removesuffix('0/0/0')}{{z}}/{{x}}/{{y}}?v={_version(pack)}",
        "kind": "vector" if facts.vector else "raster",
        "min": facts.min_zoom, "max": facts.max_zoom, "box": facts.box,
        "attribution": facts.attribution, "night": "dimmed" if photos else "turned",
        "outside": False, "named": False,
    }  # fmt: skip


def _version(pack: Pack) -> str:
    return hashlib.sha256(repr(pack.archive.state).encode()).hexdigest()[:12]


@require_GET
@login_required
def tile(request: HttpRequest, code: str, z: int, x: int, y: int) -> HttpResponseBase:
    """One tile of a pack, for whoever is signed in. 404 where the pack has none."""
    pack = pack_named(code)
    try:
        data = pack.archive.tile(z, x, y) if pack else None
        if pack is None or data is None:
            answer = HttpResponse(status=404)
            answer["Cache-Control"] = f"private, max-age={HOUR_S}"
            return answer
        facts = pack.archive.facts
        gzipped = facts.packed and "gzip" in request.headers.get("Accept-Encoding", "")
        if facts.packed and not gzipped:
            data = unpacked(data)
    except PackUnreadable:
        return HttpResponse(status=503)  # the file is being replaced, or broken
    mark = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    fresh = mark in request.headers.get("If-None-Match", "")
    answer = HttpResponseNotModified() if fresh else HttpResponse(data, content_type=facts.mime)
    known = request.GET.get("v") == _version(pack)
    answer["ETag"] = mark
    answer["Cache-Control"] = (
        f"private, max-age={YEAR_S}, immutable" if known else "private, no-cache"
    )
    if facts.packed:
        answer["Vary"] = "Accept-Encoding"
        if gzipped and not fresh:
            answer["Content-Encoding"] = "gzip"
    return answer
