from __future__ import annotations

from django.urls import path

from vigie.web.map import views

app_name = "map"

urlpatterns = [
    path("map/", views.map, name="map"),
]
