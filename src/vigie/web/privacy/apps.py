from __future__ import annotations

from django.apps import AppConfig


class WebPrivacyConfig(AppConfig):
    name = "vigie.web.privacy"
    label = "web_privacy"
