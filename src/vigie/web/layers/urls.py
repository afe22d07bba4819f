from __future__ import annotations

from django.urls import include, path

from vigie.web.layers.views import exchange, layers, workspace

app_name = "layers"

urlpatterns = [
    path("", workspace.workspace, name="map"),
    path("changes.geojson", exchange.changes, name="changes"),
    path("edits/", exchange.edits, name="edits"),
    path("conflicts/<int:pk>/", exchange.conflict, name="conflict"),
    path("routes/", include("vigie.web.layers.routes_urls")),
    path("new/", layers.new, name="new"),
    path("order/", layers.order, name="order"),
    path("<int:number>/", layers.layer, name="layer"),
    path("", include("vigie.web.layers.tiles_urls")),
]
