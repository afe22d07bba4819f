from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import tiles

urlpatterns = [
    path("<int:number>/tiles/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="tile"),
    path("<int:number>/here/", tiles.here, name="here"),
    path("objects/<uuid:uid>.geojson", tiles.one, name="object"),
]
