"""Addresses that belong to no operation: where a phone's share menu arrives."""

from __future__ import annotations

from django.urls import path

from vigie.web.sources.views import capture

urlpatterns = [
    path("share/", capture.share, name="share"),
    path("manifest.webmanifest", capture.manifest, name="manifest"),
]
