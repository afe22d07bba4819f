from __future__ import annotations

from django.apps import AppConfig


class WebPublicConfig(AppConfig):
    name = "vigie.web.public"
    label = "web_public"
