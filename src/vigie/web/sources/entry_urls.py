"""Addresses that belong to no operation: where a phone's share menu arrives, shared sources."""

from __future__ import annotations

from django.urls import path, re_path

from vigie.web.sources.views import capture, failed, platform

urlpatterns = [
    path("share/", capture.share, name="share"),
    path("manifest.webmanifest", capture.manifest, name="manifest"),
    path("platform/health/", platform.overview, name="platform-health"),
    path("platform/health/jobs/", platform.retry_jobs, name="platform-jobs"),
    re_path(
        r"^platform/failed/(?P<pk>\d+)/(?P<gesture>replay|discard)/$",
        failed.do_shared,
        name="platform-failed-do",
    ),
    path("platform/sources/add/", platform.choose, name="platform-source-choose"),
    path("platform/sources/add/<slug:plugin>/", platform.add, name="platform-source-add"),
    path("platform/sources/add/<slug:plugin>/test/", platform.test, name="platform-source-test"),
    path("platform/sources/<int:pk>/", platform.source_page, name="platform-source"),
    path("platform/sources/<int:pk>/edit/", platform.edit, name="platform-source-edit"),
    re_path(
        r"^platform/sources/(?P<pk>\d+)/(?P<gesture>pause|resume|try|remove)/$",
        platform.do,
        name="platform-source-do",
    ),
]
