from __future__ import annotations

from django.urls import include, path

from vigie.web.verify.views import (
    claims,
    exposures,
    factcheck,
    gestures,
    known,
    page_picture,
    pictures,
    surroundings,
)

app_name = "verify"

urlpatterns = [
    path("", claims.claim_list, name="claims"),
    path("looked/", exposures.looked, name="looked"),
    path("new/", claims.open_one, name="claim-new"),
    path("near/", claims.near, name="near"),
    path("known/", known.known, name="known"),
    path("known/feeds/", known.feeds, name="known-feeds"),
    path("known/feeds/follow/", known.follow, name="known-feed-follow"),
    path("known/feeds/<int:pk>/<slug:verb>/", known.gesture, name="known-feed"),
    path("<int:number>/", claims.claim_page, name="claim"),
    path("<int:number>/evidence/", include("vigie.web.verify.evidence_urls")),
    path("<int:number>/pictures/", pictures.bench, name="pictures"),
    path("<int:number>/pictures/sun/", pictures.sun, name="sun"),
    path("<int:number>/pictures/place/", surroundings.place, name="place"),
    path("<int:number>/pictures/place/ask/", surroundings.ask, name="place-ask"),
    path("<int:number>/pictures/place/map/", surroundings.place_map, name="place-map"),
    path("<int:number>/pictures/<slug:ref>/", pictures.picture_file, name="picture"),
    path("<int:number>/pictures/<slug:ref>/levels/", pictures.levels, name="picture-levels"),
    path("answers/", factcheck.answers, name="answers"),
    path("answers/<int:pk>/take/", factcheck.take, name="answers-take"),
    path("<int:number>/page/", factcheck.section, name="page"),
    path("<int:number>/page/keep/", factcheck.keep, name="page-keep"),
    path("<int:number>/page/approve/", factcheck.approve, name="page-approve"),
    path("<int:number>/page/publish/", factcheck.publish_page, name="page-publish"),
    path("<int:number>/page/withdraw/", factcheck.withdraw_page, name="page-withdraw"),
    path("<int:number>/edit/", gestures.edit, name="edit"),
    path("<int:number>/split/", gestures.split, name="split"),
    path("<int:number>/beat/", gestures.beat, name="beat"),
    path("<int:number>/do/<str:verb>/", gestures.gesture, name="gesture"),
    path("<int:number>/page/picture/", page_picture.blurred, name="page-picture-blurred"),
    path("<int:number>/page/picture/remove/", page_picture.remove, name="page-picture-remove"),
    path("<int:number>/page/picture/<int:pk>/", page_picture.blur, name="page-picture"),
    path(
        "<int:number>/page/picture/<int:pk>/original/",
        page_picture.original,
        name="page-picture-original",
    ),
]
"""Each part of a claim's page has a module of its own here and in `views`: evidence, pictures,
fact check."""
