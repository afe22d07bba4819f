from __future__ import annotations

from django.urls import path

from vigie.web.reports import views

app_name = "reports"

urlpatterns = [
    path("", views.report_list, name="list"),
    path("start/", views.start, name="start"),
    path("<int:number>/", views.report, name="report"),
    path("<int:number>/edit/", views.edit, name="edit"),
    path("<int:number>/approve/", views.approve, name="approve"),
    path("<int:number>/discard/", views.discard, name="discard"),
    path("<int:number>/report.<str:extension>", views.download, name="download"),
]
