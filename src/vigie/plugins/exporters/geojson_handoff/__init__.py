"""A hand-off as a GeoJSON feature (RFC 7946): for a GIS."""

from __future__ import annotations

from typing import Any

import msgspec

from vigie.contracts.handoffs import HandOffExporter, HandOffMessage
from vigie.contracts.plugins import EXPORTER, Manifest


class GeoJsonHandOffConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set."""


class GeoJsonHandOffExporter(HandOffExporter):
    manifest = Manifest(
        kind=EXPORTER, name="geojson_handoff", version="1",
        label={"fr": "GeoJSON", "en": "GeoJSON"},
        help={"fr": "Pour un SIG.", "en": "For a GIS."},
        config=GeoJsonHandOffConfig, needs=("handoffs",), gives=("file",),
    )  # fmt: skip
    media_type = "application/geo+json"
    suffix = ".geojson"

    @classmethod
    def write(cls, message: HandOffMessage) -> bytes:
        told: dict[str, Any] = msgspec.to_builtins(message)
        geometry = told.pop("geometry")
        lon, lat = told.pop("lon"), told.pop("lat")
        if geometry is None and lon is not None and lat is not None:
            geometry = {"type": "Point", "coordinates": [lon, lat]}
        feature = {
            "type": "Feature",
            "id": told.pop("id"),
            "geometry": geometry,
            "properties": told,
        }
        made = {"type": "FeatureCollection", "exercise": message.exercise, "features": [feature]}
        return msgspec.json.format(msgspec.json.encode(made), indent=2)
