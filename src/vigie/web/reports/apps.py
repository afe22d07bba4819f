from __future__ import annotations

from django.apps import AppConfig


class WebReportsConfig(AppConfig):
    name = "vigie.web.reports"
    label = "web_reports"
