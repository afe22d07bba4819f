from __future__ import annotations

from django.apps import AppConfig


class WebVerifyConfig(AppConfig):
    name = "vigie.web.verify"
    label = "web_verify"
