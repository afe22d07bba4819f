from __future__ import annotations

from django.urls import path

from vigie.web.assist.views import gestures, intake, queue

app_name = "assist"

urlpatterns = [
    path("", queue.needs, name="needs"),
    path("new/", intake.new, name="intake"),
    path("<int:number>/", queue.need, name="need"),
    path("<int:number>/reveal/<int:contact>/", gestures.reveal, name="reveal"),
    path("<int:number>/call/", gestures.call, name="call"),
    path("<int:number>/<slug:verb>/", gestures.gesture, name="gesture"),
]
