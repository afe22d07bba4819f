from __future__ import annotations

from django.urls import path

from vigie.web.map import incident_views, new_views, views

app_name = "map"

urlpatterns = [
    path("map/", views.map_room, name="map"),
    path("map/incidents.geojson", views.features, name="features"),
    path("map/leads.geojson", views.leads, name="leads"),
    path("map/labels.json", views.labels, name="labels"),
    path("incidents/export.<str:kind>", views.export, name="export"),
    path("incidents/new/", new_views.new, name="new"),
    path("incidents/options/", new_views.options, name="options"),
    path("incidents/<int:number>/", incident_views.incident, name="incident"),
    path("incidents/<int:number>/edit/", incident_views.edit, name="edit"),
    path("incidents/<int:number>/state/", incident_views.state, name="state"),
    path("incidents/<int:number>/locate/", incident_views.locate, name="locate"),
    path("incidents/<int:number>/comment/", incident_views.comment, name="comment"),
    path("incidents/<int:number>/merge/", incident_views.merge, name="merge"),
    path("incidents/<int:number>/unmerge/", incident_views.unmerge, name="unmerge"),
    path("incidents/<int:number>/join/", incident_views.join, name="join"),
    path("incidents/<int:number>/leave/", incident_views.leave, name="leave"),
]
