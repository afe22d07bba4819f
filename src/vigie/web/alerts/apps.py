from __future__ import annotations

from django.apps import AppConfig


class WebAlertsConfig(AppConfig):
    name = "vigie.web.alerts"
    label = "web_alerts"
