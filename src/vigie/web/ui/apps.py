from __future__ import annotations

from django.apps import AppConfig


class WebUiConfig(AppConfig):
    name = "vigie.web.ui"
    label = "web_ui"
