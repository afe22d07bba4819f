"""Server-sent events out of lines (WHATWG HTML, section 9.2), as far as networks use them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec


class ServerEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`data` joins the event's data lines with "\\n". A comment comes as `event=""`, `data=""`."""

    event: str = ""
    data: str = ""


HEARTBEAT = ServerEvent()
DATA_LIMIT = 8_000_000
"""Characters of one event; what goes on beyond is left out with its event."""


async def events(lines: AsyncIterator[bytes]) -> AsyncIterator[ServerEvent]:
    """Events as they are complete; HEARTBEAT for each comment line. A last one cut short is lost."""
    name, size = "", 0
    data: list[str] = []
    async for raw in lines:
        line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        if not line:
            if data and size <= DATA_LIMIT:
                yield ServerEvent(event=name or "message", data="\n".join(data))
            name, data, size = "", [], 0
        elif line.startswith(":"):
            yield HEARTBEAT
        else:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                size += len(value)
                if size <= DATA_LIMIT:
                    data.append(value)
