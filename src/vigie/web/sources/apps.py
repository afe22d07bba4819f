from __future__ import annotations

from django.apps import AppConfig


class WebSourcesConfig(AppConfig):
    name = "vigie.web.sources"
    label = "web_sources"
