from __future__ import annotations

from django.urls import path

from vigie.web.verify.views import claims

app_name = "verify"

urlpatterns = [
    path("", claims.claim_list, name="claims"),
    path("new/", claims.open_one, name="claim-new"),
    path("<int:number>/", claims.claim_page, name="claim"),
]
"""Each part of a claim's page has a module of its own here and in `views`: evidence, pictures,
fact check."""
