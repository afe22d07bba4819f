from __future__ import annotations

from django.urls import path

from vigie.web.privacy.views import objections, persons, retention

urlpatterns = [
    path("platform/data/", persons.overview, name="platform-data"),
    path("platform/data/person/", persons.person, name="platform-person"),
    path("platform/data/person/export/", persons.export, name="platform-person-export"),
    path("platform/data/person/erase/", persons.erase, name="platform-person-erase"),
    path("platform/data/objections/", objections.objections, name="platform-objections"),
    path(
        "platform/data/objections/<int:pk>/withdraw/",
        objections.withdraw,
        name="platform-objection-withdraw",
    ),
    path("o/<slug:slug>/retention/", retention.retention, name="retention"),
]
