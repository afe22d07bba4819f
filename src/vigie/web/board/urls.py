from __future__ import annotations

from django.urls import path

from vigie.web.board import composing, freezing, gestures, media, palettes, views

app_name = "board"

urlpatterns = [
    path("", views.board, name="board"),
    path("lines/", views.lines, name="lines"),
    path("lead/<int:pk>/", views.lead, name="lead"),
    path("lead/<int:pk>/author/", gestures.author, name="author"),
    path("lead/<int:pk>/freeze/", freezing.freeze, name="freeze"),
    path("lead/<int:pk>/unfreeze/", freezing.lift, name="unfreeze"),
    path("frozen/<int:pk>/", freezing.file, name="frozen-file"),
    path("do/undo/", gestures.undo, name="undo"),
    path("do/incident/", palettes.to_incident, name="to-incident"),
    path("do/<slug:verb>/", gestures.gesture, name="gesture"),
    path("column/", composing.add, name="column-add"),
    path("column/<slug:key>/", views.column, name="column"),
    path("column/<slug:key>/news/", views.news, name="news"),
    path("column/<slug:key>/change/", composing.change, name="column-change"),
    path("choices/places/", palettes.place_choices, name="place-choices"),
    path("choices/map/", palettes.place_map, name="place-map"),
    path("choices/incidents/", palettes.incident_choices, name="incident-choices"),
    path("media/<int:pk>/", media.media, name="media"),
]
