from __future__ import annotations

from django.apps import AppConfig


class AssistanceConfig(AppConfig):
    name = "vigie.assistance"
    label = "assistance"
    default_auto_field = "django.db.models.BigAutoField"
