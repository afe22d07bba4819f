from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebRoomConfig(AppConfig):
    name = "vigie.web.room"
    label = "web_room"

    def ready(self) -> None:
        """Find the sentences of all verbs: ours, then those that other rooms keep."""
        from vigie.web.room import sentences

        for app in ("operations", "triage", "collection", "alerting", "reporting", "accounts"):
            module = import_module(f"vigie.web.room.sentences.{app}")
            sentences.register(module.SENTENCES)
        autodiscover_modules("sentences")
