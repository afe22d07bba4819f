from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import past

urlpatterns = [
    path("questions/", past.questions, name="questions"),
    path("deleted/", past.deleted, name="deleted"),
    path("objects/<uuid:uid>/past/", past.past, name="past"),
]
