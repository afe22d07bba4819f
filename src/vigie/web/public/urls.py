"""Public addresses. The main language has plain ones; another stands in the address, so that one
address is one page for everybody and caches keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from vigie.verification.factcheck_rules import LANGUAGES
from vigie.web.public import map_views, views

app_name = "public"

MAP = "<slug:slug>/carte/"
PAGE = "<slug:slug>/verifications/<int:number>-<slug:name>/"
LIST = "<slug:slug>/verifications/"


def _both(
    before: str, after: str, view: Callable[..., HttpResponseBase], name: str
) -> list[URLPattern]:
    """The address in the main language, and in the others."""
    others = [
        path(f"{before}{code}/{after}", view, {"language": code}, name=f"{name}-{code}")
        for code in LANGUAGES[1:]
    ]
    return [path(f"{before}{after}", view, name=name), *others]


urlpatterns: list[Any] = [
    *_both("<slug:slug>/", "", views.operation, "operation"),
    *_both(MAP, "", map_views.released_map, "map"),
    *_both(MAP, "embed/", map_views.embedded_map, "map-embed"),
    path("<slug:slug>/carte.geojson", map_views.data, name="map-data"),
    *_both(LIST, "", views.fact_checks, "list"),
    *_both(LIST, "feed.rss", views.rss, "rss"),
    *_both(LIST, "feed.json", views.json_feed, "json"),
    *_both(LIST, "oembed.json", views.oembed, "oembed"),
    *_both(PAGE, "", views.page, "page"),
    *_both(PAGE, "v<int:version>/", views.old_version, "version"),
    *_both(PAGE, "card/", views.card, "card"),
    *_both(PAGE, "card.png", views.image, "image"),
    *_both(PAGE, "card-square.png", views.square, "square"),
    *_both(PAGE, "picture.webp", views.picture, "picture"),
    path("<slug:slug>/verifications/<int:number>/", views.short, name="short"),
]
