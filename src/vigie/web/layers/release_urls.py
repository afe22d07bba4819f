from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import release

urlpatterns = [
    path("", release.review_page, name="release"),
    path("read/", release.read_over, name="release-read"),
    path("now/", release.publish, name="release-now"),
    path("withdraw/", release.withdraw, name="release-withdraw"),
]
