from __future__ import annotations

from django.apps import AppConfig


class WebBoardConfig(AppConfig):
    name = "vigie.web.board"
    label = "web_board"
