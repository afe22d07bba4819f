from __future__ import annotations

from django.apps import AppConfig


class AlertingConfig(AppConfig):
    name = "vigie.alerting"
    label = "alerting"
    default_auto_field = "django.db.models.BigAutoField"
