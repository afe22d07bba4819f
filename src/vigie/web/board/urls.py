from __future__ import annotations

from django.urls import path

from vigie.web.board import views

app_name = "board"

urlpatterns = [
    path("", views.board, name="board"),
]
