from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import cells, grids

urlpatterns = [
    path("", grids.grids, name="grids"),
    path("preview/", grids.preview, name="grid_preview"),
    path("new/", grids.new, name="grid_new"),
    path("<int:number>/", cells.grid, name="grid"),
    path("<int:number>/edit/", grids.edit, name="grid_edit"),
    path("<int:number>/wall/", cells.wall, name="grid_wall"),
    path("<int:number>/cells.geojson", cells.features, name="grid_features"),
    path("<int:number>/next/", cells.next_one, name="grid_next"),
    path("<int:number>/cells/<int:position>/", cells.cell, name="cell"),
    path("<int:number>/cells/<int:position>/take/", cells.take, name="cell_take"),
    path("<int:number>/cells/<int:position>/release/", cells.release, name="cell_release"),
    path("<int:number>/cells/<int:position>/free/", cells.free, name="cell_free"),
    path("<int:number>/cells/<int:position>/finish/", cells.finish, name="cell_finish"),
    path("<int:number>/cells/<int:position>/recheck/", cells.recheck, name="cell_recheck"),
]
