from __future__ import annotations

from django.apps import AppConfig


class WebLayersConfig(AppConfig):
    name = "vigie.web.layers"
    label = "web_layers"
