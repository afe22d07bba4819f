from __future__ import annotations

from django.apps import AppConfig


class WebAccountConfig(AppConfig):
    name = "vigie.web.account"
    label = "web_account"
