from __future__ import annotations

from django.urls import path

from vigie.web.room import views

app_name = "room"

urlpatterns = [
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/journal/", views.journal, name="journal"),
]
