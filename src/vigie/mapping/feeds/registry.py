"""The kinds of sources there are: a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vigie.mapping.feeds.contract import FeedKind
from vigie.mapping.feeds.documents import CsvFeed, GeoJsonFeed, GeoRssFeed, GpxFeed, KmlFeed
from vigie.mapping.feeds.ogc import OgcFeed
from vigie.mapping.feeds.umap import UmapFeed
from vigie.mapping.feeds.wms import WmsFeed
from vigie.mapping.feeds.wmts import WmtsFeed
from vigie.mapping.feeds.xyz import XyzFeed

KINDS: Final[Mapping[str, FeedKind]] = {
    each.name: each
    for each in (
        GeoJsonFeed(),
        OgcFeed(),
        UmapFeed(),
        KmlFeed(),
        GpxFeed(),
        CsvFeed(),
        GeoRssFeed(),
        WmsFeed(),
        WmtsFeed(),
        XyzFeed(),
    )
}
"""In the order in which they are offered."""
