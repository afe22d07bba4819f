from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import route_files, routes

urlpatterns = [
    path("", routes.route_list, name="routes"),
    path("new/", routes.new, name="route-new"),
    path("now.geojson", routes.on_the_map, name="routes-map"),
    path("<int:number>/", routes.route_page, name="route"),
    path("<int:number>/along.geojson", routes.along_geojson, name="route-along"),
    path("<int:number>/edit/", routes.edit, name="route-edit"),
    path("<int:number>/timetable/", routes.timetable, name="route-timetable"),
    path("<int:number>/marks/", routes.mark, name="route-mark"),
    path("<int:number>/marks/<int:pk>/remove/", routes.unmark, name="route-unmark"),
    path("<int:number>/route.gpx", route_files.gpx, name="route-gpx"),
    path("<int:number>/passings.csv", route_files.passings, name="route-passings"),
]
