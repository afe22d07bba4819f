from __future__ import annotations

from django.urls import path

from vigie.web.ui import views

app_name = "ui"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
