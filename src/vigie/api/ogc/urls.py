"""Addresses of OGC API – Features, with and without a final slash: clients differ."""

from __future__ import annotations

from django.urls import re_path

from vigie.api.ogc import views

app_name = "ogc"

HERE = r"^(?P<slug>[-\w]+)"
NAMED = HERE + r"/collections/(?P<name>[-\w]+)"

urlpatterns = [
    re_path(HERE + r"/?$", views.landing, name="landing"),
    re_path(HERE + r"/conformance/?$", views.conformance, name="conformance"),
    re_path(HERE + r"/api/?$", views.api, name="api"),
    re_path(HERE + r"/collections/?$", views.collections, name="collections"),
    re_path(NAMED + r"/?$", views.collection, name="collection"),
    re_path(NAMED + r"/queryables/?$", views.queryables, name="queryables"),
    re_path(NAMED + r"/items/?$", views.features, name="items"),
    re_path(NAMED + r"/items/(?P<fid>[-\w]+)/?$", views.feature, name="item"),
]
