from __future__ import annotations

from django.urls import path

from vigie.web.map import basemaps

app_name = "basemaps"

urlpatterns = [path("<slug:code>/<int:z>/<int:x>/<int:y>", basemaps.tile, name="tile")]
