"""Every address of the application."""

from __future__ import annotations

from django.urls import include, path

from vigie.api.v1 import api
from vigie.web.ui.views import catalogue

urlpatterns = [
    path("api/v1/", api.urls),
    path("ogc/", include("vigie.api.ogc.urls")),
    path("p/", include("vigie.web.public.urls")),
    path("", include("vigie.web.alerts.entry_urls")),
    path("", include("vigie.web.layers.entry_urls")),
    path("account/", include("vigie.web.account.urls")),
    path("account/", include("allauth.urls")),
    path("js/catalogue.js", catalogue, name="js-catalogue"),
    path("live/", include("vigie.live.urls")),
    path("basemaps/", include("vigie.web.map.basemap_urls")),
    path("", include("vigie.web.ui.urls")),
    path("", include("vigie.web.sources.entry_urls")),
    path("", include("vigie.web.privacy.urls")),
    path("", include("vigie.web.room.urls")),
    path("o/<slug:slug>/board/", include("vigie.web.board.urls")),
    path("o/<slug:slug>/", include("vigie.web.map.urls")),
    path("o/<slug:slug>/", include("vigie.web.sources.urls")),
    path("o/<slug:slug>/indicators/", include("vigie.web.indicators.urls")),
    path("o/<slug:slug>/claims/", include("vigie.web.verify.urls")),
    path("o/<slug:slug>/layers/", include("vigie.web.layers.urls")),
    path("o/<slug:slug>/needs/", include("vigie.web.assist.urls")),
    path("o/<slug:slug>/handoffs/", include("vigie.web.assist.handoff_urls")),
    path("o/<slug:slug>/alerts/", include("vigie.web.alerts.urls")),
    path("o/<slug:slug>/reports/", include("vigie.web.reports.urls")),
]
