"""Addresses of a claim's evidence, under `claims/<number>/evidence/`."""

from __future__ import annotations

from django.urls import path

from vigie.web.verify.views import evidence, evidence_files

urlpatterns = [
    path("", evidence.evidence_list, name="evidence"),
    path("add/", evidence.add, name="evidence-add"),
    path("check/", evidence.check, name="evidence-check"),
    path("export/", evidence_files.export, name="evidence-export"),
    path("<int:pk>/strike/", evidence.strike, name="evidence-strike"),
    path("<int:pk>/change/", evidence.change, name="evidence-change"),
    path("<int:pk>/again/", evidence.archive_again, name="evidence-again"),
    path("<int:pk>/picture/", evidence_files.picture, name="evidence-picture"),
    path("<int:pk>/file/", evidence_files.file, name="evidence-file"),
    path("archives/<int:archive>/", evidence_files.kept, name="archive"),
    path("archives/<int:archive>/picture/", evidence_files.archive_picture, name="archive-picture"),
    path("archives/<int:archive>/package/", evidence_files.package, name="archive-package"),
]
