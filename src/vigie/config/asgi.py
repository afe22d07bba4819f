"""The ASGI application: Django, and streams that end when the server is told to stop."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")

_django = get_asgi_application()

from vigie.live.lifespan import Receive, Send, lifespan  # noqa: E402  (needs the apps loaded)


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await _django(scope, receive, send)
