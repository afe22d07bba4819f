from __future__ import annotations

from django.urls import include, path

from vigie.web.layers.views import exchange, layers, offline, shapes, workspace

app_name = "layers"

urlpatterns = [
    path("", workspace.workspace, name="map"),
    path("changes.geojson", exchange.changes, name="changes"),
    path("device/", offline.device, name="device"),
    path("edits/", exchange.edits, name="edits"),
    path("conflicts/<int:pk>/", exchange.conflict, name="conflict"),
    path("routes/", include("vigie.web.layers.routes_urls")),
    path("", include("vigie.web.layers.together_urls")),
    path("new/", layers.new, name="new"),
    path("order/", layers.order, name="order"),
    path("shape/", shapes.shape, name="shape"),
    path("places/", shapes.places, name="places"),
    path("leads/", shapes.leads, name="leads"),
    path("<int:number>/", layers.layer, name="layer"),
    path("grids/", include("vigie.web.layers.grid_urls")),
    path("time/", include("vigie.web.layers.time_urls")),
    path("print/", include("vigie.web.layers.printing_urls")),
    path("release/", include("vigie.web.layers.release_urls")),
    path("", include("vigie.web.layers.tiles_urls")),
    path("", include("vigie.web.layers.files_urls")),
    path("", include("vigie.web.layers.feeds_urls")),
]
