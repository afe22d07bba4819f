"""Pages of features: written piece by piece, so that a big one never stands in memory whole."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from vigie.api.ogc import asking
from vigie.api.ogc.answering import GEOJSON, HTML, Reading, tag, validated
from vigie.api.ogc.asking import Asked
from vigie.api.ogc.collections import Collection
from vigie.api.ogc.documents import feature_links, marked
from vigie.api.ogc.saying import lines, name_of
from vigie.kernel.clock import rfc3339, utc_now

PIECE: Final = 500
"""Features written at a time; a page of fewer is answered in one."""


def page(reading: Reading, which: Collection) -> HttpResponseBase:
    """The features that are asked for, one page of them. Raises Refused."""
    html = reading.form == "html"
    asked = asking.read(reading.query, limit=asking.LIMIT_PAGE if html else asking.LIMIT)
    rows = asking.found(which, asked)
    stamp = which.stamp()
    if stamp is not None and not html:
        etag = tag(reading, stamp)
        known = get_conditional_response(reading.request, etag=etag)
        if known is not None:
            return known
    here, earlier = _from(rows, which.key, asked)
    matched = rows.count()
    if html:
        return _as_html(reading, which, here, matched=matched, asked=asked, earlier=earlier)
    pieces = _written(reading, which, here, matched=matched, asked=asked, earlier=earlier)
    if asked.limit <= PIECE or matched <= PIECE:
        body = b"".join(pieces)
        response = HttpResponse(body, content_type=GEOJSON)
        if stamp is not None:
            response["ETag"] = etag
            return response
        told = msgspec.json.encode({**msgspec.json.decode(body), "timeStamp": None})
        return validated(reading, response, told.decode())
    streamed = StreamingHttpResponse(
        _in_turn(pieces) if isinstance(reading.request, ASGIRequest) else pieces,
        content_type=GEOJSON,
    )
    if stamp is not None:
        streamed["ETag"] = etag
    return streamed


def one(reading: Reading, which: Collection, rows: QuerySet[Any]) -> HttpResponseBase | None:
    """A single feature; None when there is none."""
    found = next(which.features(rows), None)
    if found is None:
        return None
    document = {**found[1], "links": feature_links(reading, which)}
    if reading.form == "html":
        body = render_to_string(
            "ogc/feature.html",
            {"reading": reading, "document": document, "collection": which,
             "lines": lines(which, found[1]), "name": name_of(which, found[1])},
        )  # fmt: skip
        response = HttpResponse(body, content_type=f"{HTML}; charset=utf-8")
        return validated(reading, response, body)
    encoded = msgspec.json.encode(document)
    return validated(reading, HttpResponse(encoded, content_type=GEOJSON), encoded.decode())


def _from(rows: QuerySet[Any], key: str, asked: Asked) -> tuple[QuerySet[Any], int | None]:
    """Rows from where the page begins, and the key that pages before it end before (None: it is
    the first)."""
    start = asked.after
    if asked.before is not None:
        before = rows.filter(**{f"{key}__lt": asked.before}).order_by(f"-{key}")
        first = list(before.values_list(key, flat=True)[: asked.limit])
        rows = rows.filter(**{f"{key}__gte": first[-1]}) if first else rows
        start = first[-1] - 1 if first else None
    elif start is not None:
        rows = rows.filter(**{f"{key}__gt": start})
    if start is None:
        return rows, None
    return rows, start + 1


def _links(
    reading: Reading, which: Collection, *, asked: Asked, after: int | None, earlier: int | None
) -> list[dict[str, str]]:
    links = feature_links(reading, which)
    media = HTML if reading.form == "html" else GEOJSON
    for rel, kind, key, title in (
        ("next", "a", after, _("Next page")), ("prev", "b", earlier, _("Previous page")),
    ):  # fmt: skip
        if key is not None:
            query = {**reading.query, "limit": asked.limit, "cursor": asking.cursor(kind, key)}
            links.append({"rel": rel, "type": media, "title": title,
                          "href": reading.url(reading.here, **query)})  # fmt: skip
    return links


def _written(
    reading: Reading, which: Collection, rows: QuerySet[Any], *, matched: int, asked: Asked,
    earlier: int | None,
) -> Iterator[bytes]:  # fmt: skip
    """The collection as GeoJSON. Links come last: only the end tells whether there is more."""
    language = translation.get_language()
    operation = which.by.operation
    head = {
        "type": "FeatureCollection", "name": marked(operation, which.title),
        "exercise": operation.is_exercise, "timeStamp": rfc3339(utc_now()),
        "numberMatched": matched,
    }  # fmt: skip
    yield msgspec.json.encode(head)[:-1] + b',"features":['
    found = which.features(rows[: asked.limit + 1])
    returned, last, more = 0, None, False
    while True:
        with translation.override(language):
            batch = list(itertools.islice(found, PIECE))
            more = returned + len(batch) > asked.limit
            shown = batch[: asked.limit - returned]
            if shown:
                piece = b",".join(msgspec.json.encode(feature) for _key, feature in shown)
                yield (b"," if returned else b"") + piece
                last = shown[-1][0]
        returned += len(shown)
        if len(batch) < PIECE or more:
            break
    with translation.override(language):
        links = _links(
            reading, which, asked=asked, after=last if more else None, earlier=earlier
        )  # fmt: skip
    tail = msgspec.json.encode({"numberReturned": returned, "links": links})
    yield b"]," + tail[1:]


async def _in_turn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(following)()) is not None:
        yield piece


def _as_html(
    reading: Reading, which: Collection, rows: QuerySet[Any], *, matched: int, asked: Asked,
    earlier: int | None,
) -> HttpResponse:  # fmt: skip
    found = list(which.features(rows[: asked.limit + 1]))
    shown = found[: asked.limit]
    after = shown[-1][0] if len(found) > asked.limit else None
    links = _links(reading, which, asked=asked, after=after, earlier=earlier)
    body = render_to_string(
        "ogc/items.html",
        {
            "reading": reading, "collection": which, "matched": matched,
            "returned": len(shown), "document": {"links": links},
            "next": next((each["href"] for each in links if each["rel"] == "next"), ""),
            "prev": next((each["href"] for each in links if each["rel"] == "prev"), ""),
            "features": [
                {"name": name_of(which, feature), "lines": lines(which, feature),
                 "url": reading.url(f"{reading.path(which.id)}/items/{feature['id']}", f="html")}
                for _key, feature in shown
            ],
        },
    )  # fmt: skip
    response = HttpResponse(body, content_type=f"{HTML}; charset=utf-8")
    return validated(reading, response, body)
