from __future__ import annotations

from django.urls import path

from vigie.web.indicators import views

app_name = "indicators"

urlpatterns = [
    path("", views.panel, name="panel"),
    path("choose/", views.choose, name="choose"),
    path("beside/", views.beside, name="beside"),
    path("indicators.geojson", views.features, name="features"),
    path("<int:pk>/", views.indicator, name="indicator"),
    path("<int:pk>/follow/", views.follow, name="follow"),
    path("<int:pk>/unfollow/", views.unfollow, name="unfollow"),
    path("<int:pk>/limits/", views.limits, name="limits"),
]
