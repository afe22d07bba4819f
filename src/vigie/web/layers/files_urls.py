"""Files in and out of the map; included under the room's address, its names among the room's."""

from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import exporting, files

urlpatterns = [
    path("files/", files.files, name="files"),
    path("files/upload/", files.upload, name="files-upload"),
    path("files/review/", files.review, name="files-review"),
    path("files/<int:number>/", files.file, name="file"),
    path("files/<int:number>/cancel/", files.cancel, name="file-cancel"),
    path("files/<int:number>/refused.<str:extension>", files.refused, name="file-refused"),
    path("export/", exporting.choose, name="export"),
    path("export/file/", exporting.export, name="export-file"),
]
