from __future__ import annotations

from django.urls import path

from vigie.web.ui import gallery, views

app_name = "ui"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("_gallery/", gallery.gallery, name="gallery"),
    path("readyz", views.readyz, name="readyz"),
]
