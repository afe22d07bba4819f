from __future__ import annotations

from django.urls import path

from vigie.web.layers.views import feed_tiles, feeds

urlpatterns = [
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/new/", feeds.new, name="feed-new"),
    path("feeds/<int:number>/", feeds.edit, name="feed"),
    path("feeds/<int:number>/<slug:verb>/", feeds.act, name="feed-act"),
    path("<int:number>/pictures/<int:z>/<int:x>/<int:y>", feed_tiles.tile, name="picture"),
]
