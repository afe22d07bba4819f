"""An address that belongs to no operation: the script that opens a map without a network."""

from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import offline

urlpatterns = [path("map-worker.js", offline.worker, name="map-worker")]
