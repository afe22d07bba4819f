from __future__ import annotations

from django.urls import path

from vigie.web.assist.views import handoffs

app_name = "handoffs"

urlpatterns = [
    path("", handoffs.handoffs, name="list"),
    path("new/", handoffs.new, name="new"),
    path("partners/", handoffs.partners, name="partners"),
    path("<int:number>/", handoffs.handoff, name="one"),
    path("<int:number>/answer/", handoffs.answer, name="answer"),
    path("<int:number>/phone/", handoffs.answered_by_phone, name="phone"),
    path("<int:number>/later/", handoffs.later, name="later"),
    path("<int:number>/as/<slug:form>/", handoffs.file, name="file"),
]
