"""The map that was released: its page with the list first, the frame for others, its data."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.queries.releases import PublicMap, public_map
from vigie.web.public.answering import answered, embeddable_map, mapped, public
from vigie.web.public.map_pages import MAIN, geojson, map_context

GONE, NEVER = 410, 404


@mapped
def released_map(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """The list of what was released, and its map when somebody asks for it."""
    return _page(request, slug, language, "public/map.html")


@embeddable_map
def embedded_map(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """The same in a frame for other people's pages."""
    return _page(request, slug, language, "public/map_embed.html", indexed=False)


@public
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as GeoJSON, for anybody's own map."""
    found = _found(slug)
    operation, release = found.operation, found.release
    if release is None:
        raise Http404
    if found.withdrawn and release.withdrawn_at is not None:
        gone = {
            "type": "FeatureCollection", "features": [], "withdrawn_at": rfc3339(release.withdrawn_at),
        }  # fmt: skip
        response = answered(
            request, json.dumps(gone), modified=release.withdrawn_at, status=GONE,
            content_type="application/geo+json", exercise=operation.is_exercise,
        )  # fmt: skip
    else:
        with translation.override(MAIN):
            body = geojson(request, operation, release, found.things)
        response = answered(
            request, body, modified=release.at, content_type="application/geo+json",
            exercise=operation.is_exercise, compressed=True,
        )  # fmt: skip
        mark = "EXERCICE_" if operation.is_exercise else ""
        name = f"{mark}{operation.slug}_carte_{release.number}.geojson"
        response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _page(
    request: HttpRequest, slug: str, language: str, template: str, *, indexed: bool = True
) -> HttpResponse:
    found = _found(slug)
    operation, release = found.operation, found.release
    with translation.override(language):
        body = render_to_string(template, map_context(request, found, language, now=utc_now()))
    if release is None:
        status, modified = NEVER, operation.created_at
    elif release.withdrawn_at is not None:
        status, modified = GONE, release.withdrawn_at
    else:
        status, modified = 200, release.at
    return answered(
        request, body, modified=modified, language=language, exercise=operation.is_exercise,
        indexed=indexed and status == 200, status=status, compressed=True,
    )  # fmt: skip


def _found(slug: str) -> PublicMap:
    found = public_map(slug)
    if found is None:
        raise Http404
    return found
