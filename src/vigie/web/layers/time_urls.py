from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import time

urlpatterns = [
    path("course.json", time.course, name="time"),
    path("compare/", time.compare, name="time-compare"),
    path("compare.txt", time.compare_text, name="time-compare-text"),
]
