"""The outside services that show a place, on loopback: as they should be, and as they should not."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from tests.analysis.pictures.test_fingerprint import scene
from tests.pipeline.servers import Server, answer, path_of

LON, LAT = 2.33, 48.63
Answering = Callable[[Server, str], bytes | None]
"""What to answer to a path; None: never."""


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def picture(seed: int = 1, size: tuple[int, int] = (640, 480)) -> bytes:
    return answer(jpeg(scene(seed, size)), Content_Type="image/jpeg")


def flat() -> bytes:
    return answer(jpeg(Image.new("RGB", (300, 300), "white")), Content_Type="image/jpeg")


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return answer(b"\x89PNG\r\n\x1a\n" + body, Content_Type="image/png")


def item(
    server: Server, name: str, *, north_m: float = 0.0, east_m: float = 0.0, **said: Any
) -> dict[str, Any]:
    """A picture as Panoramax lists it, so far from the place."""
    lon, lat = LON + east_m / 73_600, LAT + north_m / 111_200
    seen = said.pop("field_of_view", 60)
    return {
        "id": name, "type": "Feature", "bbox": [lon, lat, lon, lat],
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "collection": said.pop("collection", name),
        "providers": [{"name": "Marie Cartographe", "roles": ["producer"]}],
        "properties": {
            "datetime": "2023-05-04T09:30:00+00:00", "license": "CC-BY-SA-4.0",
            "view:azimuth": 0, "pers:interior_orientation": {"field_of_view": seen}, **said,
        },
        "assets": {
            each: {"href": server.url(f"/photos/{name}/{each}.jpg"), "type": "image/jpeg"}
            for each in ("thumb", "sd", "hd")
        },
    }  # fmt: skip


def listing(*items: dict[str, Any]) -> bytes:
    body = json.dumps({"type": "FeatureCollection", "features": list(items)}).encode()
    return answer(body, Content_Type="application/geo+json")


FLIGHTS = answer(
    json.dumps(
        {"features": [{"properties": {"date_vol": day}} for day in ("2023-06-12", "2023-07-02Z")]}
    ).encode(),
    Content_Type="application/json",
)


def kind(server: Server, path: str) -> bytes:
    """Services as they should be."""
    if path.startswith("/wms"):
        return picture(1, (600, 600))
    if path.startswith("/wfs"):
        return FLIGHTS
    if path.startswith("/api/search"):
        return listing(
            item(server, "tourne-le-dos", north_m=20, **{"view:azimuth": 5}),
            item(server, "regarde", north_m=40, **{"view:azimuth": 178}),
            item(server, "tout-autour", east_m=60, field_of_view=360, **{"view:azimuth": 90}),
        )
    if "thumb" in path:
        return picture(2, (500, 250))
    return picture(3, (2048, 1024) if "tout-autour" in path else (1600, 1200))


def asked_of(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def handler(box: dict[str, Any]) -> Callable[[str, asyncio.StreamWriter], Any]:
    """Answers as `box["answer"]` says, of the server in `box["server"]`."""

    async def handle(head: str, writer: asyncio.StreamWriter) -> None:
        made = box["answer"](box["server"], path_of(head))
        if made is None:
            await asyncio.sleep(3_600)
        writer.write(made)

    return handle
