from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import printing

urlpatterns = [
    path("", printing.choose, name="print"),
    path("preview/", printing.preview, name="print-preview"),
    path("map.pdf", printing.sheet, name="print-file"),
]
