from __future__ import annotations

from django.apps import AppConfig


class WebRoomConfig(AppConfig):
    name = "vigie.web.room"
    label = "web_room"
