from __future__ import annotations

from django.urls import path, re_path

from vigie.web.sources.views import capture, failed, imports, refused, sources, watches

app_name = "sources"

urlpatterns = [
    path("sources/", sources.source_list, name="list"),
    path("sources/files/", sources.file_list, name="files"),
    path("sources/add/", sources.choose, name="choose"),
    path("sources/add/<slug:plugin>/", sources.add, name="add"),
    path("sources/add/<slug:plugin>/test/", sources.test, name="test"),
    path("sources/failed/", failed.batches, name="failed"),
    path("sources/failed/<int:pk>.jsonl", failed.download, name="failed-download"),
    re_path(
        r"^sources/failed/(?P<pk>\d+)/(?P<gesture>replay|discard)/$", failed.do, name="failed-do"
    ),
    path("sources/import/", imports.upload, name="upload"),
    path("sources/import/review/", imports.review, name="review"),
    path("sources/import/review/part/", imports.review_part, name="review-part"),
    path("sources/<int:pk>/", sources.source_page, name="source"),
    path("sources/<int:pk>/edit/", sources.edit, name="edit"),
    path("sources/<int:pk>/refused/", refused.refused, name="refused"),
    re_path(
        r"^sources/(?P<pk>\d+)/refused\.(?P<extension>csv|jsonl)$", refused.export, name="export"
    ),
    re_path(
        r"^sources/(?P<pk>\d+)/refused/(?P<gesture>retry|mend|put-away)/$",
        refused.do,
        name="refused-do",
    ),
    re_path(r"^sources/(?P<pk>\d+)/(?P<gesture>pause|resume|try|remove)/$", sources.do, name="do"),
    path("watches/", watches.watch_list, name="watches"),
    path("watches/new/", watches.create, name="watch-new"),
    path("watches/reading/", watches.reading, name="watch-reading"),
    path("watches/trial/", watches.trial, name="watch-trial"),
    path("watches/<int:pk>/", watches.edit, name="watch"),
    re_path(
        r"^watches/(?P<pk>\d+)/(?P<gesture>pause|resume|delete)/$", watches.do, name="watch-do"
    ),
    path("capture/", capture.capture_page, name="capture"),
    path("capture/tools/", capture.tools, name="tools"),
]
