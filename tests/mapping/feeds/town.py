"""A town on loopback that publishes where things are, and misbehaves where its path says so."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zipfile
from typing import Any

from PIL import Image

from tests.pipeline.servers import answer, path_of


def point(
    number: int | str, name: str = "", *, lon: float = 2.3, lat: float = 48.6, known: bool = True, **more: Any
) -> dict[str, Any]:  # fmt: skip
    made: dict[str, Any] = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"nom": name or f"Barrage {number}", **more},
    }  # fmt: skip
    if known:
        made["id"] = str(number)
    return made


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


KML = b"""<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>A</name>
<Placemark id="k1"><name>Gymnase</name><Point><coordinates>2.3,48.6,0</coordinates></Point></Placemark>
</Document></kml>"""
GPX = b"""<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="t">
<wpt lat="48.6" lon="2.3"><name>Ravitaillement</name></wpt>
<trk><name>Course</name><trkseg><trkpt lat="48.6" lon="2.3"/><trkpt lat="48.61" lon="2.31"/></trkseg></trk>
</gpx>"""
CSV = "id;nom;latitude;longitude\n1;Pont fermé;48,6;2,3\n2;Gué;48,61;2,31\n".encode()
GEORSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel>
<item><title>Coupure</title><guid>g1</guid><georss:point>48.6 2.3</georss:point></item></channel></rss>"""
UMAP = json.dumps({
    "type": "umap", "uri": "https://umap.example/fr/map/crue_12", "properties": {"name": "Crue"},
    "geometry": {"type": "Point", "coordinates": [2.3, 48.6]},
    "layers": [
        {"type": "FeatureCollection", "_umap_options": {"name": "Abris", "color": "DarkBlue"},
         "features": [{**point("a", "Gymnase"), "id": "QxNjg"}]},
        {"type": "FeatureCollection", "_umap_options": {"name": "Coupures", "color": "#d33"},
         "features": [{**point("b", "D 19"), "id": "RyOkh"}]},
    ],
}).encode()  # fmt: skip
DATALAYER = json.dumps({
    "type": "FeatureCollection", "features": [{**point("a", "Gymnase"), "id": "QxNjg"}],
    "_umap_options": {"name": "Abris", "color": "Green"},
}).encode()  # fmt: skip


def kmz() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("doc.kml", KML)
    return made.getvalue()


def png(side: int = 8) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side), "navy").save(made, "PNG")
    return made.getvalue()


class Town:
    """`pages`: path without its query → body. `conditional` paths have an ETag and answer 304 to who
    names it. `status`: path → status line. `guarded`: path → token it asks for."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.kinds: dict[str, str] = {}
        self.status: dict[str, str] = {}
        self.conditional: set[str] = set()
        self.guarded: dict[str, str] = {}
        self.whole: dict[str, bytes] = {}
        """With its query → body: looked for first."""
        self.released = asyncio.Event()

    async def __call__(self, head: str, writer: asyncio.StreamWriter) -> None:
        target = path_of(head)
        path = target.partition("?")[0]
        if path == "/slow":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[")
            await writer.drain()
            await self.released.wait()
        elif path == "/huge":
            writer.write(
                answer(b'{"type":"FeatureCollection","features":[' + b" " * 600_000 + b"]}")
            )
        elif path == "/bomb":
            packed = gzip.compress(b" " * 5_000_000)
            writer.write(answer(packed, Content_Encoding="gzip", Content_Type="application/json"))
        elif path == "/inside":
            writer.write(answer(status="302 Found", Location="http://169.254.169.254/latest/"))
        elif path == "/circle":
            writer.write(answer(status="302 Found", Location="/circle"))
        elif path == "/cut":
            writer.write(
                b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"type":"FeatureCollection"'
            )
        elif path in self.status:
            writer.write(answer(status=self.status[path], Retry_After="7200"))
        elif (
            path in self.guarded
            and f"authorization: bearer {self.guarded[path]}" not in head.lower()
        ):
            writer.write(answer(b"{}", status="401 Unauthorized"))
        elif target in self.whole or path in self.pages:
            self._page(path, self.whole.get(target) or self.pages[path], head, writer)
        else:
            writer.write(answer(b"?", status="404 Not Found"))

    def _page(self, path: str, body: bytes, head: str, writer: asyncio.StreamWriter) -> None:
        kind = self.kinds.get(path, "application/json")
        if path not in self.conditional:
            writer.write(answer(body, Content_Type=kind))
            return
        tag = f'"{hash(body)}"'
        if f"if-none-match: {tag}" in head.lower():
            writer.write(answer(status="304 Not Modified", ETag=tag))
        else:
            writer.write(answer(body, Content_Type=kind, ETag=tag))
