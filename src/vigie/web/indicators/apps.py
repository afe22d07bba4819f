from __future__ import annotations

from django.apps import AppConfig


class WebIndicatorsConfig(AppConfig):
    name = "vigie.web.indicators"
    label = "web_indicators"
