"""Addresses of OGC API – Features, with and without a final slash: clients differ."""

from __future__ import annotations

from django.urls import re_path

from vigie.api.ogc import views

app_name = "ogc"

# One service for all that its reader may read, whose collections are named <operation>.<collection>.
ALL = r"^collections/(?P<slug>[-\w]+)\.(?P<name>[-\w]+)"
# The same for one operation alone.
HERE = r"^(?P<slug>[-\w]+)"
NAMED = HERE + r"/collections/(?P<name>[-\w]+)"

urlpatterns = [
    re_path(r"^$", views.landing, name="all"),
    re_path(r"^conformance/?$", views.conformance, name="all_conformance"),
    re_path(r"^api/?$", views.api, name="all_api"),
    re_path(r"^collections/?$", views.collections, name="all_collections"),
    re_path(ALL + r"/?$", views.collection, {"one": False}, name="all_collection"),
    re_path(ALL + r"/queryables/?$", views.queryables, {"one": False}, name="all_queryables"),
    re_path(ALL + r"/items/?$", views.features, {"one": False}, name="all_items"),
    re_path(ALL + r"/items/(?P<fid>[-\w]+)/?$", views.feature, {"one": False}, name="all_item"),
    re_path(HERE + r"/?$", views.landing, name="landing"),
    re_path(HERE + r"/conformance/?$", views.conformance, name="conformance"),
    re_path(HERE + r"/api/?$", views.api, name="api"),
    re_path(HERE + r"/collections/?$", views.collections, name="collections"),
    re_path(NAMED + r"/?$", views.collection, name="collection"),
    re_path(NAMED + r"/queryables/?$", views.queryables, name="queryables"),
    re_path(NAMED + r"/items/?$", views.features, name="items"),
    re_path(NAMED + r"/items/(?P<fid>[-\w]+)/?$", views.feature, name="item"),
]
