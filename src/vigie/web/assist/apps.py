from __future__ import annotations

from django.apps import AppConfig


class WebAssistConfig(AppConfig):
    name = "vigie.web.assist"
    label = "web_assist"
