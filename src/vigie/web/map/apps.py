from __future__ import annotations

from django.apps import AppConfig


class WebMapConfig(AppConfig):
    name = "vigie.web.map"
    label = "web_map"
