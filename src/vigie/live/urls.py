from __future__ import annotations

from django.urls import path

from vigie.live import views

app_name = "live"

urlpatterns = [
    path("<slug:slug>/", views.stream, name="stream"),
    path("<slug:slug>/here/", views.here, name="here"),
]
