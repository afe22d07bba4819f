"""Sources that are one document: GeoJSON, KML, GPX, a table, GeoRSS."""

from __future__ import annotations

from vigie.mapping.feeds.contract import ObjectKind


class GeoJsonFeed(ObjectKind):
    name = "geojson"
    formats = ("geojson",)
    accept = "application/geo+json, application/json;q=0.9, */*;q=0.5"


class KmlFeed(ObjectKind):
    name = "kml"
    formats = ("kml", "kmz")
    accept = (
        "application/vnd.google-earth.kml+xml, application/vnd.google-earth.kmz;q=0.9, */*;q=0.5"
    )


class GpxFeed(ObjectKind):
    name = "gpx"
    formats = ("gpx",)
    accept = "application/gpx+xml, */*;q=0.5"


class CsvFeed(ObjectKind):
    name = "csv"
    formats = ("csv",)
    accept = "text/csv, text/plain;q=0.9, */*;q=0.5"


class GeoRssFeed(ObjectKind):
    name = "georss"
    formats = ("georss",)
    accept = "application/rss+xml, application/atom+xml, */*;q=0.5"
