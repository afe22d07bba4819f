from __future__ import annotations

from django.apps import AppConfig


class MappingConfig(AppConfig):
    name = "vigie.mapping"
    label = "mapping"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.collection import holders

        holders.register(("mapping_fileimport", "blob"))
