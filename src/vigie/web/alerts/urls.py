from __future__ import annotations

from django.urls import path, re_path

from vigie.web.alerts.views import alerts, channels, rules

app_name = "alerts"

urlpatterns = [
    path("", alerts.alert_list, name="list"),
    path("bell/", alerts.bell, name="bell"),
    path("acknowledge/", alerts.acknowledge, name="acknowledge"),
    path("<int:number>/", alerts.alert_page, name="alert"),
    path("<int:number>/place/", alerts.place, name="place"),
    path("<int:number>/reopen/", alerts.reopen, name="reopen"),
    path("rules/", rules.rule_list, name="rules"),
    path("rules/new/", rules.choose, name="rule-choose"),
    path("rules/trial/", rules.trial, name="rule-trial"),
    path("rules/measures/", rules.measures, name="rule-measures"),
    path("rules/new/<slug:kind>/", rules.create, name="rule-new"),
    path("rules/<int:pk>/", rules.edit, name="rule"),
    re_path(r"^rules/(?P<pk>\d+)/(?P<gesture>pause|resume|delete)/$", rules.do, name="rule-do"),
    path("channels/", channels.channel_list, name="channels"),
    path("channels/new/", channels.choose, name="channel-choose"),
    path("channels/new/<slug:plugin>/", channels.create, name="channel-new"),
    path("channels/<int:pk>/", channels.channel_page, name="channel"),
    path("channels/<int:pk>/edit/", channels.edit, name="channel-edit"),
    re_path(
        r"^channels/(?P<pk>\d+)/(?P<gesture>test|close|open|retry|delete)/$",
        channels.do,
        name="channel-do",
    ),
]
