from __future__ import annotations

from django.apps import AppConfig


class OgcConfig(AppConfig):
    name = "vigie.api.ogc"
    label = "ogc"
