from __future__ import annotations

from django.urls import path

from vigie.web.reports import views

app_name = "reports"

urlpatterns = [
    path("", views.report_list, name="list"),
]
