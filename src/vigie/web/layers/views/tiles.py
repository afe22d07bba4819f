"""Layers too large to be sent whole: their tiles, what stands in a box, one object by its id."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_GET

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.mapping.models import Layer
from vigie.mapping.queries.features import as_feature, feature_of
from vigie.mapping.queries.layers import layer_numbered
from vigie.mapping.serving import held
from vigie.mapping.serving.filtering import Wanted, read_wanted
from vigie.mapping.serving.index import LayerIndex
from vigie.mapping.serving.reading import in_box
from vigie.mapping.serving.tiles import attributes_of, columns
from vigie.mapping.serving.tiles import render as render_tile
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.web.ui.access import at_desk

KEEP: Final = "private, max-age=31536000, immutable"
ASK_AGAIN: Final = "private, no-cache"
DEEPEST: Final = 22
PAGE: Final = 50
GZIP_FROM: Final = 400
"""Bytes below which squeezing gains nothing."""


def tiles_url(layer: Layer, address: str, person: User | None) -> str:
    """Where a layer's tiles are, `address` being that of tile 0/0/0 without its query.

    What the answer depends on stands in it, so it may be kept for ever: the last change, the layer's
    own version (its style says which attributes a tile carries), and whom it is for, so that two
    people at one browser never see each other's.
    """
    whose = salted_hmac("vigie.tiles", str(person.pk if person else 0)).hexdigest()[:12]
    base = address.removesuffix("0/0/0.mvt") + "{z}/{x}/{y}.mvt"
    return f"{base}?seq={layer.changed}&style={layer.version}&for={whose}"


@require_GET
@at_desk(Right.SEE_LAYERS)
def tile(request: HttpRequest, desk: Desk, number: int, z: int, x: int, y: int) -> HttpResponseBase:
    """One vector tile. With the `seq` and `style` the layer has, it may be kept for ever."""
    layer = layer_numbered(desk, number)
    if layer is None or z > DEEPEST or max(x, y) >> z:
        raise Http404
    try:
        wanted = read_wanted(request.GET.get("want", ""))
    except ValueError:
        return HttpResponse(status=400)
    whole = held.layers.layer(layer).index
    index = held.filtered.get(layer, whole, wanted)
    state = (layer.pk, index.seq, layer.version, z, x, y, _short(wanted))
    etag = '"{}"'.format("-".join(map(str, state)))
    asked = (request.GET.get("seq"), request.GET.get("style"))
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        answer = HttpResponse(status=304)
    else:
        answer = _squeezed(request, _made(state, layer, index))
    answer["ETag"] = etag
    answer["Cache-Control"] = (
        KEEP if asked == (str(index.seq), str(layer.version)) else ASK_AGAIN
    )  # fmt: skip
    return answer


def _short(wanted: Wanted) -> str:
    """A filter in a few characters; none for none."""
    if wanted == Wanted():
        return "all"
    return hashlib.sha256(msgspec.json.encode(wanted)).hexdigest()[:16]


def _made(
    state: tuple[int, int, int, int, int, int, str], layer: Layer, index: LayerIndex
) -> bytes:
    """The tile, squeezed; made once while many ask for it."""
    made = held.tiles.get(state)
    if made is None:
        _, _, _, z, x, y, _ = state
        plain = render_tile(
            index, z, x, y,
            number=layer.number, attributes=attributes_of(layer.style),
        )  # fmt: skip
        made = gzip.compress(plain, 1, mtime=0)
        held.tiles.put(state, made)
    return made


def _squeezed(request: HttpRequest, made: bytes) -> HttpResponse:
    if len(made) >= GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(made)
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(gzip.decompress(made))
    answer["Content-Type"] = "application/vnd.mapbox-vector-tile"
    answer["Vary"] = "Accept-Encoding"
    return answer


@require_GET
@at_desk(Right.SEE_LAYERS)
def here(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """The list beside the map for a large layer: what stands in `box` (west, south, east, north),
    the nearest to its middle first, by pages."""
    layer = layer_numbered(desk, number)
    box = _box(request.GET.get("box", ""))
    if layer is None:
        raise Http404
    try:
        wanted = read_wanted(request.GET.get("want", ""))
    except ValueError:
        box = None
    if box is None:
        return HttpResponse(status=400)
    index = held.filtered.get(layer, held.layers.layer(layer).index, wanted)
    west, south, east, north = box
    found = in_box(index, west, south, east, north)
    pages = max(1, -(-len(found) // PAGE))
    asked = request.GET.get("page", "1")
    page = min(int(asked), pages) if asked.isdecimal() and len(asked) < 9 and int(asked) else 1
    shown = found[_nearest(index.x[found], index.y[found])][(page - 1) * PAGE : page * PAGE]
    told = columns(index, shown)
    rows: list[dict[str, Any]] = [
        {"uid": uid, "name": name or "", "template": _label(template)}
        for uid, name, template in zip(told["uid"], told["name"], told["template"], strict=True)
    ]
    return render(
        request, "layers/_here.html",
        {"layer": layer, "rows": rows, "n": len(found), "page": page, "pages": pages},
    )  # fmt: skip


def _label(template: Any) -> Any:
    known = TEMPLATES.get(template or "")
    return known.label if known else template


def _nearest(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The order from the middle of points outwards."""
    if not len(x):
        return np.zeros(0, dtype=np.int64)
    far_x = x - (int(x.min()) + int(x.max())) / 2
    far_y = y - (int(y.min()) + int(y.max())) / 2
    return np.argsort(far_x**2 + far_y**2, kind="stable")


def _box(text: str) -> tuple[float, float, float, float] | None:
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        return None
    return (west, south, east, north) if west <= east and south <= north else None


@require_GET
@at_desk(Right.SEE_LAYERS)
def one(request: HttpRequest, desk: Desk, uid: UUID) -> JsonResponse:
    """An object that stands, as the changes tell it."""
    row = feature_of(desk, uid)
    if row is None or row.deleted_at is not None:
        raise Http404
    return JsonResponse(as_feature(row), content_type="application/geo+json")
